"""The workbench on a real engine: what is shown is what is there, and other processes are seen at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.workbench.local import LocalYard
from engine.containers.options import Options
from engine.engine import Engine
from tests.app.workbench.conftest import Sit
from tests.conftest import BASE

pytestmark = pytest.mark.root
COUNTING = "n=0; while :; do n=$((n + 1)); echo crate $n; echo wobble >&2; sleep 0.1; done"


@pytest.fixture
def engine(yard_root: str) -> Iterator[Engine]:
    engine = Engine(yard_root)
    yield engine
    for container in engine.containers.list(all=True):
        engine.containers.remove(container.id, force=True)
    engine.close()


@pytest.fixture
def local(engine: Engine) -> LocalYard:
    return LocalYard(engine)


def a_container(engine: Engine, name: str, command: str = COUNTING, *, start: bool = True) -> str:
    options = Options(name=name, entrypoint=(), command=("sh", "-c", command), network="none", stop_timeout=1)
    id = engine.containers.create(BASE, options)
    if start:
        engine.containers.start(id)
    return id


def test_values(engine: Engine, local: LocalYard) -> None:
    id = a_container(engine, "crane", "echo hoist > /load; exit 3")
    engine.containers.wait(id)
    (image,) = local.images()
    (container,) = local.containers()
    assert image.tags == (BASE,)
    assert (container.name, container.status, container.exit_code) == ("crane", "exited", 3)
    assert container.image_id == image.id
    (layer,) = local.layers(image.id)
    assert (layer.chain_id, layer.size) == (image.top, image.size)
    assert layer.command
    assert local.history(image.id)[0].comment
    assert local.writable(id) == len("hoist\n")
    assert local.inspect("container", id)["Id"] == id
    assert local.inspect("image", image.id)["RepoTags"] == [BASE]
    assert local.volumes() == ()
    assert os.uname().release in local.kernel()
    command = local.command(["ps", "-a"])
    assert command[-4:] == ["--root", engine.paths.root, "ps", "-a"]


def test_deeds(engine: Engine, local: LocalYard) -> None:
    id = a_container(engine, "crane", start=False)
    local.start(id)
    local.restart(id)
    local.kill(id)
    assert engine.containers.get(id).state.exit_code == 137
    local.start(id)
    local.stop(id)
    local.rename(id, "gantry")
    assert engine.containers.get("gantry").id == id
    local.tag(BASE, "mine:1")
    local.remove_image("mine:1", False)
    local.remove_container(id, False)
    assert local.containers() == ()
    a_container(engine, "other", start=False)
    local.prune("container")
    assert local.containers() == ()


async def test_a_live_container_from_start_to_end(engine: Engine, local: LocalYard, sit: Sit) -> None:
    a_container(engine, "crane")
    async with sit(local) as seat:
        await seat.until(lambda: "crate 5" in seat.screen)
        assert "┃ wobble" in seat.screen
        await seat.press("right_square_bracket", "right_square_bracket")
        await seat.until(lambda: "2 s a dot" in seat.screen)
        await seat.press("right_square_bracket")
        await seat.until(lambda: "writable layer" in seat.screen and "0B" in seat.screen)
        assert f"Linux {os.uname().release}"[:10] in seat.screen
        await seat.press("s")
        await seat.until(lambda: "exit 137" in seat.screen)
        await seat.press("S")
        await seat.until(lambda: "● crane" in seat.screen)
        await seat.press("d", "y")
        await seat.until(lambda: "No containers yet" in seat.screen)
    assert engine.containers.list(all=True) == []


async def test_another_process_is_seen(engine: Engine, local: LocalYard, sit: Sit, yard_root: str) -> None:
    async with sit(local) as seat:
        other = Engine(yard_root)
        id = a_container(other, "visitor")
        await seat.until(lambda: "● visitor" in seat.screen, 2)
        other.containers.rename(id, "guest")
        await seat.until(lambda: "● guest" in seat.screen, 2)
        other.containers.remove(id, force=True)
        await seat.until(lambda: "guest" not in seat.screen, 2)
        other.close()


async def test_a_killed_monitor_is_seen_within_five_seconds(
    engine: Engine, local: LocalYard, sit: Sit
) -> None:
    id = a_container(engine, "crane")
    async with sit(local) as seat:
        await seat.until(lambda: "● crane" in seat.screen)
        os.kill(_parent(engine.containers.get(id).state.pid), signal.SIGKILL)
        await seat.until(lambda: "exit 137" in seat.screen, 5)


def _parent(pid: int) -> int:
    """Name the process that started another."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
