"""Volume drivers of others, asked over a real socket of a real process."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Conflict, EngineError, NotFound, Unsupported
from engine.events import EventLog
from engine.paths import Paths
from engine.store.store import Store
from engine.volumes import plugins
from engine.volumes.volumes import Volumes
from tests.engine.volumes.plugged import Plugged


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugged]:
    plugged = Plugged(tmp_path_factory.mktemp("plugin"))
    yield plugged
    plugged.stop()


@pytest.fixture
def shelf(plugin: Plugged, monkeypatch: pytest.MonkeyPatch) -> Plugged:
    monkeypatch.setenv(plugins.VARIABLE, f"/nonexistent:{plugin.directory}")
    (plugin.home / "asked").unlink(missing_ok=True)
    return plugin


@pytest.fixture
def volumes(tmp_path: Path) -> Volumes:
    paths = Paths(f"{tmp_path}/yard", f"{tmp_path}/run")
    return Volumes(Store(paths), EventLog(paths.events))


def test_a_volume_is_made_told_of_and_removed_by_its_driver(volumes: Volumes, shelf: Plugged) -> None:
    made = volumes.create("data", {"a": "b"}, {"size": "big"}, driver="shelf")
    assert shelf.asked("Create") == [{"Name": "data", "Opts": {"size": "big"}}]
    assert (made.driver, made.options, made.mountpoint) == ("shelf", {"size": "big"}, "")
    document = volumes.inspect("data")
    assert document.pop("CreatedAt")
    assert document == {
        "Driver": "shelf",
        "Labels": {"a": "b"},
        "Mountpoint": f"{shelf.home}/volumes/data",
        "Name": "data",
        "Options": {"size": "big"},
        "Scope": "global",
        "Status": {"users": 0},
    }
    volumes.remove("data")
    assert (shelf.volumes(), volumes.list()) == ([], [])


def test_what_only_the_driver_knows_is_listed_too(volumes: Volumes, shelf: Plugged) -> None:
    (shelf.home / "volumes" / "theirs").mkdir()
    volumes.create("ours")
    assert [(one.name, one.driver, one.scope) for one in volumes.list()] == [
        ("ours", "local", "local"),
        ("theirs", "shelf", "global"),
    ]
    assert [one.name for one in volumes.list({"driver": ["shelf"]})] == ["theirs"]
    assert volumes.get("theirs").driver == "shelf"
    volumes.remove("theirs")
    assert shelf.volumes() == []


def test_a_container_gets_and_releases_it_by_its_id(volumes: Volumes, shelf: Plugged) -> None:
    volumes.create("data", driver="shelf")
    found = volumes.source("data", "c1")
    assert (found.type, found.source) == ("bind", f"{shelf.home}/volumes/data")
    with pytest.raises(EngineError, match=r"remove data: VolumeDriver\.Remove: volume data is mounted"):
        volumes.remove("data")
    volumes.plugin("shelf").unmount("data", "c1")
    assert shelf.asked("Mount") == shelf.asked("Unmount") == [{"Name": "data", "ID": "c1"}]
    volumes.remove("data")


def test_its_refusals_are_passed_on(volumes: Volumes, shelf: Plugged) -> None:
    with pytest.raises(EngineError) as caught:
        volumes.create("data", options={"refuse": "that"}, driver="shelf")
    assert caught.value.brief == "create data: VolumeDriver.Create: no volume with that"
    assert volumes.list() == []


def test_a_name_belongs_to_one_driver(volumes: Volumes, shelf: Plugged) -> None:
    volumes.create("data")
    with pytest.raises(Conflict, match="create data: conflict: volume name must be unique"):
        volumes.create("data", driver="shelf")
    assert shelf.asked("Create") == [] if (shelf.home / "asked").exists() else True


def test_prune_leaves_alone_what_others_keep(volumes: Volumes, shelf: Plugged) -> None:
    volumes.create("data", driver="shelf")
    volumes.create("memory", options={"type": "tmpfs", "device": "tmpfs"})
    volumes.create("plain")
    assert volumes.prune().removed == ("plain",)
    volumes.remove("data")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("far.spec", "unix://{socket}\n"),
        ("far.json", '{{"Name": "far", "Addr": "unix://{socket}"}}'),
        ("far/far.spec", "unix://{socket}"),
    ],
)
def test_a_file_may_tell_where_it_listens(
    shelf: Plugged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str
) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(content.format(socket=shelf.directory / "shelf.sock"))
    monkeypatch.setenv(plugins.VARIABLE, str(tmp_path))
    assert plugins.find("far").scope() == "global"


def test_a_socket_nobody_listens_on_hides_no_other(
    volumes: Volumes, shelf: Plugged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{tmp_path}/dead.sock")
    monkeypatch.setenv(plugins.VARIABLE, f"{tmp_path}:{shelf.directory}")
    assert [plugin.name for plugin in plugins.everyone()] == ["shelf"]
    with pytest.raises(EngineError, match=r"error while calling Plugin\.Activate of the volume plugin dead"):
        plugins.find("dead")


def test_what_is_no_volume_driver_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.VARIABLE, str(tmp_path))
    (tmp_path / "odd.spec").write_text("carrier://pigeon")
    (tmp_path / "bad.json").write_text(json.dumps({"Name": "bad"}))
    assert plugins.everyone() == []
    with pytest.raises(Unsupported, match="cannot reach a volume plugin at carrier://pigeon"):
        plugins.find("odd")
    with pytest.raises(NotFound, match='plugin "ghost" not found'):
        plugins.find("ghost")
