"""A version 2 hierarchy as Linux 6.1 lays it out, in a directory of plain files.

What the kernel would take stands in the files afterwards: those that are written to begin empty.
"""

from __future__ import annotations

import os
from pathlib import Path

CONTROLLERS = "cpuset cpu io memory hugetlb pids"

_ALWAYS = {
    "cgroup.controllers": f"{CONTROLLERS}\n", "cgroup.events": "populated 1\nfrozen 0\n", "cgroup.freeze": "",
    "cgroup.kill": "", "cgroup.procs": "", "cgroup.subtree_control": "", "cgroup.threads": "",
    "cgroup.type": "domain\n", "cpu.stat": "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n",
}  # fmt: skip
_BY_CONTROLLER = {
    "cpu": ("cpu.weight", "cpu.max", "cpu.max.burst", "cpu.idle"),
    "cpuset": ("cpuset.cpus", "cpuset.mems"),
    "io": ("io.max", "io.weight", "io.stat"),
    "memory": ("memory.max", "memory.swap.max", "memory.low", "memory.high", "memory.current"),
    "pids": ("pids.max", "pids.current"),
    "hugetlb": ("hugetlb.2MB.max",),
}  # fmt: skip
_EVENTS = "low 0\nhigh 0\nmax 12\noom 1\noom_kill {}\noom_group_kill 0\n"


def fill(directory: str | Path, *, oom_kills: int = 0) -> None:
    """Put into a new group what the kernel would: the files of every controller its parent hands on."""
    here = Path(directory)
    handed = (here.parent / "cgroup.subtree_control").read_text().replace("+", " ").split()
    for name, text in _ALWAYS.items():
        (here / name).write_text(text)
    (here / "cgroup.controllers").write_text(" ".join(handed) + "\n")
    for controller in handed:
        for name in _BY_CONTROLLER[controller]:
            (here / name).write_text("")
    if "memory" in handed:
        (here / "memory.events").write_text(_EVENTS.format(oom_kills))


def root(directory: Path) -> Path:
    """Make the root of the hierarchy, which has no limits of its own."""
    directory.mkdir()
    for name, text in _ALWAYS.items():
        if name not in ("cgroup.events", "cgroup.freeze", "cgroup.kill", "cgroup.type"):
            (directory / name).write_text(text)
    return directory


def told(directory: Path) -> dict[str, str]:
    """Read what the limits of a group were set to."""
    names = (name for files in _BY_CONTROLLER.values() for name in files)
    values = {name: (directory / name).read_text() for name in names if os.path.exists(directory / name)}
    return {name: value for name, value in values.items() if value}
