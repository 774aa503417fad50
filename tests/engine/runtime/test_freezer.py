from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Unsupported
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.freezer import freeze, thaw
from engine.runtime.cgroups.layout import Layout

pytestmark = pytest.mark.root
NAME = f"stackyard-test/freezer-{os.getpid()}"


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Path]:
    """A file that a shell in the group, and a child of it, keep writing to."""
    cgroup = Cgroup.create(NAME, {"pids": {"limit": 100}}, counted=True)
    path = tmp_path / "count"
    path.touch()
    process = subprocess.Popen(["sh", "-c", f"while :; do (echo x >> {path}); sleep 0.001; done"])
    cgroup.enter(process.pid)
    yield path
    cgroup.kill()
    process.wait()
    cgroup.remove()


def grows(path: Path) -> bool:
    size = path.stat().st_size
    time.sleep(0.1)
    return path.stat().st_size > size


def test_nothing_moves_until_it_is_thawed(counter: Path) -> None:
    assert grows(counter)
    for _ in range(2):
        freeze(NAME)
        assert not grows(counter)
        thaw(NAME)
        assert grows(counter)


def test_freezing_and_thawing_twice_change_nothing(counter: Path) -> None:
    freeze(NAME)
    freeze(NAME)
    assert not grows(counter)
    thaw(NAME)
    thaw(NAME)
    assert grows(counter)


def test_the_frozen_can_be_killed(counter: Path) -> None:
    freeze(NAME)
    cgroup = Cgroup.open(NAME)
    cgroup.kill()
    assert cgroup.processes() == []
    cgroup.close()


def test_without_a_freezer_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="cannot be paused"):
        freeze(NAME, layout=Layout(str(tmp_path), None))


def test_the_real_second_version_freezes_and_kills(tmp_path: Path) -> None:
    unified = Layout.probe().unified
    if unified is None:
        pytest.fail("a kernel without cgroup v2 is none that we know")
    second = Layout(unified, unified)
    cgroup = Cgroup.create(NAME, {}, counted=True, layout=second)
    path = tmp_path / "count"
    path.touch()
    with subprocess.Popen(["sh", "-c", f"while :; do echo x >> {path}; sleep 0.001; done"]) as process:
        cgroup.enter(process.pid)
        assert grows(path)
        freeze(NAME, layout=second)
        assert not grows(path)
        thaw(NAME, layout=second)
        assert grows(path)
        freeze(NAME, layout=second)
        cgroup.kill()
    cgroup.remove()
    assert not os.path.exists(f"{unified}/{NAME}")
