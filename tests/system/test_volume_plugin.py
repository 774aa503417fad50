"""Containers on volumes of a driver of others: told of every beginning and of every end, once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from engine.containers.options import Options
from engine.engine import Engine
from engine.errors import EngineError
from engine.shim.record import read_started
from tests.engine.volumes.plugged import Plugged

pytestmark = pytest.mark.root

BASE = "yard/base:latest"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugged]:
    plugged = Plugged(tmp_path_factory.mktemp("plugin"))
    yield plugged
    plugged.stop()


@pytest.fixture
def shelf(plugin: Plugged, yard: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugged]:
    monkeypatch.setenv("STACKYARD_PLUGINS", str(plugin.directory))
    (plugin.home / "asked").write_text("")
    yield plugin
    for container in yard.containers.list(all=True):
        yard.containers.remove(container.id, force=True)
    yard.volumes.remove("data", force=True)


def create(yard: Engine, *command: str, auto_remove: bool = False) -> str:
    options = Options(
        command=command, binds=("data:/data",), volume_driver="shelf", auto_remove=auto_remove
    )
    return yard.containers.create(BASE, options)


def eventually(look: Callable[[], object]) -> object:
    deadline = time.monotonic() + 20
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def test_the_container_finds_its_files_there(yard: Engine, shelf: Plugged) -> None:
    id = create(yard, "sh", "-c", "echo kept > /data/file")
    assert yard.volumes.get("data").driver == "shelf"
    yard.containers.start(id)
    assert yard.containers.wait(id) == 0
    assert (shelf.home / "volumes" / "data" / "file").read_text() == "kept\n"
    assert yard.containers.inspect(id)["Mounts"][0]["Driver"] == "shelf"


def test_the_driver_hears_of_the_end_without_anybody_looking(yard: Engine, shelf: Plugged) -> None:
    id = create(yard, "sleep", "1000")
    yard.containers.start(id)
    assert shelf.asked("Mount")[-1] == {"Name": "data", "ID": id}
    before = len(shelf.asked("Unmount"))
    yard.containers.kill(id)
    assert eventually(lambda: len(shelf.asked("Unmount")) > before)
    assert shelf.asked("Unmount")[before:] == [{"Name": "data", "ID": id}]


def test_it_hears_once_however_often_a_container_runs(yard: Engine, shelf: Plugged) -> None:
    id = create(yard, "true")
    for _ in range(3):
        yard.containers.start(id)
        yard.containers.wait(id)
    yard.containers.remove(id)
    asked = [words["ID"] for words in shelf.asked("Mount")]
    assert asked.count(id) == [words["ID"] for words in shelf.asked("Unmount")].count(id) >= 3


def test_it_hears_of_an_end_that_no_shim_could_tell(yard: Engine, shelf: Plugged) -> None:
    id = create(yard, "sleep", "1000")
    yard.containers.start(id)
    started = read_started(yard.paths.container(id).state)
    assert started is not None
    os.kill(started.shim, signal.SIGKILL)
    assert eventually(lambda: yard.containers.get(id).state.status == "exited")
    assert [words["ID"] for words in shelf.asked("Unmount")].count(id) == [
        words["ID"] for words in shelf.asked("Mount")
    ].count(id)


def test_it_hears_of_a_start_that_failed(yard: Engine, shelf: Plugged) -> None:
    id = create(yard, "ghost")
    with pytest.raises(EngineError):
        yard.containers.start(id)
    asked = [[words["ID"] for words in shelf.asked(method)].count(id) for method in ("Mount", "Unmount")]
    assert asked[0] == asked[1] > 0


def test_a_driver_that_is_gone_is_an_error_with_a_reason(
    yard: Engine, shelf: Plugged, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = create(yard, "true")
    with monkeypatch.context() as gone:
        gone.setenv("STACKYARD_PLUGINS", "/nonexistent")
        with pytest.raises(EngineError, match='volume plugin shelf: plugin "shelf" not found'):
            yard.containers.start(id)
