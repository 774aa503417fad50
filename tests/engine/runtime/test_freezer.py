from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Unsupported
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.freezer import frozen
from engine.runtime.cgroups.layout import Layout

pytestmark = pytest.mark.root
HERE = Path(__file__).parents[3]
NAME = f"stackyard-test/freezer-{os.getpid()}"


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Path]:
    """A file that a shell in the group, and a child of it, keep writing to."""
    cgroup = Cgroup.create(NAME, {"pids": {"limit": 100}})
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


def test_nothing_moves_inside_the_block_and_all_goes_on_after_it(counter: Path) -> None:
    assert grows(counter)
    for _ in range(2):
        with frozen(NAME):
            assert not grows(counter)
        assert grows(counter)


def test_an_error_in_the_block_thaws_too(counter: Path) -> None:
    with pytest.raises(ZeroDivisionError), frozen(NAME):
        _ = 1 / 0
    assert grows(counter)


def test_who_is_killed_in_the_block_leaves_nothing_frozen(counter: Path) -> None:
    script = f"""
import time
from engine.runtime.cgroups.freezer import frozen
with frozen({NAME!r}):
    print("frozen", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=HERE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"frozen\n"
        assert not grows(counter)
        holder.kill()
    deadline = time.monotonic() + 10
    while not grows(counter):
        assert time.monotonic() < deadline
    with frozen(NAME):
        assert not grows(counter)
    assert grows(counter)


def test_without_a_freezer_it_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(Unsupported, match="cannot be paused"),
        frozen(NAME, layout=Layout(str(tmp_path), None)),
    ):
        pytest.fail("nothing was frozen")
