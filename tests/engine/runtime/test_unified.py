"""Version 2 alone: what is written, on a recorded hierarchy; freezing and killing, on the real one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.containers.limits.limits import Limits, host_config
from engine.containers.limits.resources import resources
from engine.errors import InvalidInput, Unsupported
from engine.runtime.cgroups import group as groups
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.freezer import freeze, thaw
from engine.runtime.cgroups.layout import Layout
from engine.runtime.cgroups.update import update
from tests.engine.runtime import recorded_v2

NAME = "stackyard/abc"


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A machine that has nothing but version 2, whose kernel fills each directory as it is made."""
    hierarchy = recorded_v2.root(tmp_path / "cgroup")
    make, make_all = os.mkdir, os.makedirs

    def mkdir(path: str, *more: Any, **named: Any) -> None:
        make(path, *more, **named)
        recorded_v2.fill(path)

    def makedirs(path: str, *more: Any, **named: Any) -> None:
        make_all(path, *more, **named)
        recorded_v2.fill(path)

    monkeypatch.setattr(groups.os, "mkdir", mkdir)
    monkeypatch.setattr(groups.os, "makedirs", makedirs)
    found = Layout.probe(str(hierarchy))
    assert found.unified == found.root
    return found


def told(layout: Layout) -> dict[str, str]:
    return recorded_v2.told(Path(layout.root, NAME))


# The recorded hierarchy


@pytest.mark.parametrize(
    ("limits", "files"),
    [
        (Limits(memory=64 << 20), {"memory.max": "67108864", "memory.swap.max": "67108864"}),
        (Limits(memory=64 << 20, memory_swap=64 << 20), {"memory.max": "67108864", "memory.swap.max": "0"}),
        (Limits(memory=64 << 20, memory_swap=-1), {"memory.max": "67108864", "memory.swap.max": "max"}),
        (Limits(memory_reservation=32 << 20), {"memory.low": "33554432"}),
        (Limits(cpus=500_000_000), {"cpu.max": "50000 100000"}),
        (Limits(cpu_quota=20000, cpu_period=50000), {"cpu.max": "20000 50000"}),
        (Limits(cpu_shares=1024), {"cpu.weight": "39"}),
        (Limits(cpuset_cpus="0", cpuset_mems="0"), {"cpuset.cpus": "0", "cpuset.mems": "0"}),
        (Limits(pids=100), {"pids.max": "100"}),
        (Limits(pids=-1), {}),
        (Limits(blkio_weight=300), {"io.weight": "default 2930"}),
    ],
)
def test_what_each_limit_writes(layout: Layout, limits: Limits, files: dict[str, str]) -> None:
    Cgroup.create(NAME, resources(host_config(limits)), layout=layout).close()
    assert told(layout) == files


def test_controllers_are_handed_down_on_the_way(layout: Layout) -> None:
    Cgroup.create(NAME, {"pids": {"limit": 5}}, layout=layout).close()
    for directory in (Path(layout.root), Path(layout.root, "stackyard")):
        assert (directory / "cgroup.subtree_control").read_text() == "+pids"


def test_an_update_changes_the_group_that_is_there(layout: Layout) -> None:
    Cgroup.create(NAME, {"cpu": {"quota": 50000, "period": 100000}}, layout=layout).close()
    update(NAME, {"cpu": {"quota": 150000, "period": 100000}}, layout=layout)
    assert told(layout) == {"cpu.max": "150000 100000"}


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(memory=64 << 20, memory_swappiness=10), "cgroup v2 has no memory swappiness"),
        (Limits(memory=64 << 20, oom_kill_disable=True), "cgroup v2 cannot disable the OOM killer"),
        (Limits(cpu_rt_runtime=1000), "cgroup v2 has no real-time scheduling limits"),
    ],
)
def test_what_only_version_1_has_is_an_error(layout: Layout, limits: Limits, sentence: str) -> None:
    with pytest.raises(Unsupported, match=sentence):
        Cgroup.create(NAME, resources(host_config(limits)), layout=layout)
    assert not Path(layout.root, NAME).exists()


def test_a_kernel_without_the_controller_is_an_error(layout: Layout) -> None:
    Path(layout.root, "cgroup.controllers").write_text("cpu memory\n")
    with pytest.raises(Unsupported, match="Your kernel does not support pids limits"):
        Cgroup.create(NAME, {"pids": {"limit": 5}}, layout=layout)


def test_out_of_memory_is_counted_in_the_events(layout: Layout) -> None:
    group = Cgroup.create(NAME, {"memory": {"limit": 64 << 20}}, layout=layout)
    assert not group.oom_killed()
    recorded_v2.fill(Path(layout.root, NAME), oom_kills=1)
    assert group.oom_killed()
    group.close()


def test_what_the_kernel_takes_only_later_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory may not pass memory and swap: who shrinks tells one first, who grows the other."""
    from engine.runtime.cgroups import update as updating

    now = {"memory": 100, "both": 200}

    def write(path: str, *values: str) -> None:
        wanted = {**now, os.path.basename(path): int(values[-1])}
        if wanted["memory"] > wanted["both"]:
            raise InvalidInput("not in this order")
        now.update(wanted)

    monkeypatch.setattr(groups, "write", write)
    for memory, both in ((300, 400), (50, 60)):
        updating._tell(groups.Group(1, "/nowhere"), [("memory", str(memory)), ("both", str(both))])
        assert now == {"memory": memory, "both": both}
    with pytest.raises(InvalidInput):
        updating._tell(groups.Group(1, "/nowhere"), [("memory", "90"), ("both", "80")])


# The real hierarchy

UNIFIED = Layout.probe().unified
Running = tuple[Cgroup, Layout, "subprocess.Popen[bytes]"]


@pytest.fixture
def real() -> Iterator[Running]:
    """A process, with a child, in a group of the machine's own version 2 hierarchy."""
    assert UNIFIED is not None
    layout = Layout(UNIFIED, UNIFIED)
    name = f"stackyard-test/unified-{os.getpid()}"
    cgroup = Cgroup.create(name, {"devices": [{"allow": True}]}, layout=layout)
    process = subprocess.Popen(["sh", "-c", "sleep 100 & while :; do :; done"])
    cgroup.enter(process.pid)
    yield cgroup, layout, process
    cgroup.kill()
    process.wait()
    cgroup.remove()


@pytest.mark.root
@pytest.mark.skipif(UNIFIED is None, reason="needs root: a mounted version 2 hierarchy")
def test_the_frozen_use_no_processor_until_they_are_thawed(real: Running) -> None:
    cgroup, layout, process = real
    freeze(cgroup.name, layout=layout)
    still = _ticks(process.pid)
    time.sleep(0.1)
    assert _ticks(process.pid) == still
    thaw(cgroup.name, layout=layout)
    deadline = time.monotonic() + 10
    while _ticks(process.pid) == still and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _ticks(process.pid) > still


@pytest.mark.root
@pytest.mark.skipif(UNIFIED is None, reason="needs root: a mounted version 2 hierarchy")
def test_all_are_killed_at_once_even_frozen(real: Running) -> None:
    cgroup, layout, process = real
    freeze(cgroup.name, layout=layout)
    cgroup.kill()
    assert process.wait() == -signal.SIGKILL
    assert cgroup.processes() == []


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
