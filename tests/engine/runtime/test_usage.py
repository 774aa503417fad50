"""What a control group has used, from recorded trees of both versions and from a real one."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.layout import Layout
from engine.runtime.cgroups.usage import Usage, Used

SECOND = {
    "cpu.stat": "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n",
    "memory.current": "5000000\n",
    "memory.max": "64000000\n",
    "memory.stat": "anon 100\nfile 4000000\nactive_file 1000000\ninactive_file 3000000\n",
    "io.stat": "8:0 rbytes=4096 wbytes=1024 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=4 wbytes=1 rios=1\n",
    "pids.current": "7\n",
}
FIRST = {
    "cpuacct/cpuacct.usage": "1500000\n",
    "memory/memory.usage_in_bytes": "5000000\n",
    "memory/memory.limit_in_bytes": "9223372036854771712\n",
    "memory/memory.stat": "cache 1\ninactive_file 9\ntotal_cache 1\ntotal_inactive_file 3000000\n",
    "blkio/blkio.throttle.io_service_bytes_recursive": "8:0 Read 4096\n8:0 Write 1024\nTotal 5120\n",
    "pids/pids.current": "7\n",
}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def second(root: Path, files: dict[str, str]) -> Layout:
    """A machine that has only version 2, with these files in the group `yard/a`."""
    write(root / "cgroup.controllers", "cpu io memory pids\n")
    for folder in (root, root / "yard" / "a"):
        write(folder / "cgroup.procs", "")
    for name, text in files.items():
        write(root / "yard" / "a" / name, text)
    return Layout(str(root), str(root))


def first(root: Path, files: dict[str, str]) -> Layout:
    """A machine that has version 1."""
    for path, text in files.items():
        controller, name = path.split("/")
        for folder in (root / controller, root / controller / "yard" / "a"):
            write(folder / "tasks", "")
            write(folder / "cgroup.procs", "")
        write(root / controller / "yard" / "a" / name, text)
    return Layout(str(root), None)


def read(layout: Layout) -> Used:
    usage = Usage("yard/a", layout=layout)
    try:
        return usage.read()
    finally:
        usage.close()


def test_version_2(tmp_path: Path) -> None:
    assert read(second(tmp_path, SECOND)) == Used(1_500_000, 2_000_000, 64_000_000, 4100, 1025, 7)


def test_version_1_whose_highest_limit_is_none(tmp_path: Path) -> None:
    assert read(first(tmp_path, FIRST)) == Used(1_500_000, 2_000_000, None, 4096, 1024, 7)


def test_version_2_without_a_limit(tmp_path: Path) -> None:
    assert read(second(tmp_path, {**SECOND, "memory.max": "max\n"})).limit is None


def test_a_group_that_did_nothing_yet_has_moved_no_bytes(tmp_path: Path) -> None:
    used = read(second(tmp_path, {**SECOND, "io.stat": ""}))
    assert (used.read, used.written) == (0, 0)


def test_counters_that_are_not_there_are_unknown(tmp_path: Path) -> None:
    assert read(second(tmp_path, {"cpu.stat": SECOND["cpu.stat"]})) == Used(cpu=1_500_000)
    assert read(Layout(str(tmp_path / "nothing"), None)) == Used()


@pytest.mark.root
def test_this_machine_counts_what_a_program_uses() -> None:
    name = f"stackyard-test/usage-{os.getpid()}"
    cgroup = Cgroup.create(name, {}, counted=True)
    with subprocess.Popen(["sh", "-c", "read x; while :; do :; done"], stdin=subprocess.PIPE) as process:
        cgroup.enter(process.pid)
        usage = Usage(name)
        before = usage.read()
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
        deadline = time.monotonic() + 20
        while (usage.read().cpu or 0) < (before.cpu or 0) + 50_000_000 and time.monotonic() < deadline:
            time.sleep(0.02)
        after = usage.read()
        cgroup.kill()
    cgroup.remove()
    assert before.cpu is not None
    assert after.cpu is not None
    assert after.cpu >= before.cpu + 50_000_000
    assert after.tasks in (1, None)
    with pytest.raises(OSError, match="No such device"):
        usage.read()
    usage.close()
