from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

import pytest

from engine.errors import InUse, InvalidInput, NotFound
from engine.events import EventLog
from engine.paths import Paths
from engine.store.store import Store
from engine.store.usage import orphans
from engine.volumes.volumes import Volumes


@pytest.fixture
def volumes(tmp_path: Path) -> Volumes:
    paths = Paths(f"{tmp_path}/yard", f"{tmp_path}/run")
    return Volumes(Store(paths), EventLog(paths.events))


def use(volumes: Volumes, name: str, container: str = "c1") -> None:
    with volumes.store.transaction() as connection:
        connection.execute("INSERT INTO containers VALUES (?1, ?1, 'i', 'i', 0, '{}')", (container,))
        connection.execute("INSERT INTO container_volumes VALUES (?, ?, '/data')", (container, name))


def actions(volumes: Volumes) -> list[tuple[str, str]]:
    return [(event.action, event.id) for event in volumes.events.read()]


def test_a_volume_is_an_empty_directory_everybody_may_read(volumes: Volumes) -> None:
    before = os.umask(0o077)
    volume = volumes.create("data", {"a": "b"})
    os.umask(before)
    assert os.listdir(volume.mountpoint) == []
    assert stat.S_IMODE(os.stat(volume.mountpoint).st_mode) == 0o755
    assert volume.mountpoint == f"{volumes.store.paths.volumes}/data/_data"
    assert (volume.labels, volume.anonymous) == ({"a": "b"}, False)
    assert volumes.get("data") == volume
    assert actions(volumes) == [("create", "data")]


def test_creating_it_again_finds_it_as_it_is(volumes: Volumes) -> None:
    first = volumes.create("data", {"a": "b"})
    Path(first.mountpoint, "file").write_text("x")
    assert volumes.create("data", {"c": "d"}) == first
    assert os.listdir(first.mountpoint) == ["file"]
    assert actions(volumes) == [("create", "data")]


def test_a_volume_without_a_name_gets_one(volumes: Volumes) -> None:
    volume = volumes.create()
    assert re.fullmatch("[0-9a-f]{64}", volume.name)
    assert volume.anonymous


@pytest.mark.parametrize("name", ["a b", "..", ".a", "-a", "a/b", "é1", "a\n", "a" * 256])
def test_bad_names_are_refused_in_dockers_words(volumes: Volumes, name: str) -> None:
    with pytest.raises(InvalidInput, match="includes invalid characters for a local volume name"):
        volumes.create(name)


def test_a_short_name_is_refused(volumes: Volumes) -> None:
    with pytest.raises(InvalidInput, match="volume name is too short"):
        volumes.create("x")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bogus": "1"}, 'create data: invalid option: "bogus"'),
        ({"foo": ""}, 'create data: invalid option: "foo"'),
        ({"type": "tmpfs"}, 'create data: missing required option: "device"'),
        ({"device": "/tmp"}, 'create data: missing required option: "type"'),
        ({"o": "bind"}, 'create data: missing required option: "device"'),
        ({"size": "1m"}, "create data: quota size requested but no quota support"),
    ],
)
def test_options_that_cannot_be_are_refused_in_dockers_words(
    volumes: Volumes, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        volumes.create("data", options=options)
    assert caught.value.brief == sentence
    assert volumes.list() == []


def test_options_are_kept_and_told(volumes: Volumes) -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
    assert volumes.create("data", options=options).options == options
    assert volumes.inspect("data")["Options"] == options


def test_a_driver_nobody_has_is_not_found(volumes: Volumes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKYARD_PLUGINS", "/nonexistent")
    with pytest.raises(NotFound) as caught:
        volumes.create("data", driver="nodrv")
    expected = 'create data: error looking up volume plugin nodrv: plugin "nodrv" not found'
    assert caught.value.brief == expected


def test_it_is_inspected_as_docker_does(volumes: Volumes) -> None:
    volume = volumes.create("data")
    document = volumes.inspect("data")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document.pop("CreatedAt"))
    assert document == {
        "Driver": "local",
        "Labels": None,
        "Mountpoint": volume.mountpoint,
        "Name": "data",
        "Options": None,
        "Scope": "local",
    }
    with pytest.raises(NotFound, match="get none: no such volume"):
        volumes.inspect("none")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["one", "other", "two"]),
        ({"name": ["o"]}, ["one", "other", "two"]),
        ({"name": ["^o", "w"]}, ["one", "other", "two"]),
        ({"name": ["^o"]}, ["one", "other"]),
        ({"label": ["k"]}, ["one", "two"]),
        ({"label": ["k=1"]}, ["one"]),
        ({"label": ["k", "k=2"]}, ["two"]),
        ({"label!": ["k=1"]}, ["other", "two"]),
        ({"driver": ["local"], "dangling": ["true"]}, ["other", "two"]),
        ({"dangling": ["0"]}, ["one"]),
        ({"driver": ["nfs"]}, []),
    ],
)
def test_filters(volumes: Volumes, filters: dict[str, list[str]], names: list[str]) -> None:
    volumes.create("two", {"k": "2"})
    volumes.create("one", {"k": "1"})
    volumes.create("other")
    use(volumes, "one")
    assert [volume.name for volume in volumes.list(filters)] == names


@pytest.mark.parametrize("filters", [{"bogus": ["1"]}, {"dangling": ["maybe"]}, {"name": ["("]}])
def test_bad_filters_are_refused(volumes: Volumes, filters: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidInput, match="Invalid filter '"):
        volumes.list(filters)


def test_remove_deletes_the_files(volumes: Volumes) -> None:
    volume = volumes.create("data")
    Path(volume.mountpoint, "file").write_text("x")
    volumes.remove("data")
    assert volumes.list() == []
    assert os.listdir(volumes.store.paths.volumes) == []
    assert actions(volumes) == [("create", "data"), ("destroy", "data")]
    with pytest.raises(NotFound, match="no such volume"):
        volumes.remove("data")
    volumes.remove("data", force=True)


def test_a_volume_in_use_stays_even_if_forced(volumes: Volumes) -> None:
    volumes.create("data")
    use(volumes, "data")
    assert volumes.users("data") == ("c1",)
    for force in (False, True):
        with pytest.raises(InUse, match=re.escape("remove data: volume is in use - [c1]")):
            volumes.remove("data", force=force)
    assert os.path.isdir(volumes.get("data").mountpoint)


def test_prune_removes_what_no_container_uses(volumes: Volumes) -> None:
    for name in ("used", "free", "kept"):
        volume = volumes.create(name, {"keep": ""} if name == "kept" else {})
        Path(volume.mountpoint, "file").write_bytes(b"x" * 10)
    use(volumes, "used")
    assert volumes.prune({"label!": ["keep"]}) == (("free",), 10)
    assert [volume.name for volume in volumes.list()] == ["kept", "used"]
    nameless = volumes.create()
    assert volumes.prune(all=False).removed == (nameless.name,)
    assert volumes.prune().removed == ("kept",)
    assert orphans(volumes.store) == []
    with pytest.raises(InvalidInput, match="Invalid filter 'name'"):
        volumes.prune({"name": ["x"]})


def test_size_counts_the_files(volumes: Volumes) -> None:
    volume = volumes.create("data")
    Path(volume.mountpoint, "file").write_bytes(b"x" * 10)
    assert volumes.size("data") == 10


def test_many_may_create_the_same(volumes: Volumes) -> None:
    made = []
    threads = [threading.Thread(target=lambda: made.append(volumes.create("data"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(str, made))) == 1
    assert len(made) == 8
    assert actions(volumes) == [("create", "data")]
