"""Running one program as a RUN step does, and keeping what came of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from engine.build.program import execution
from engine.engine import Engine
from engine.shim.runner import Runner
from engine.snapshots.choice import choose
from engine.snapshots.copying import Copying
from engine.snapshots.overlay import Overlay


class Result(NamedTuple):
    code: int
    out: str
    err: str
    layer: Path

    @property
    def left(self) -> set[str]:
        """What the layer holds, relative names."""
        return {str(path.relative_to(self.layer)) for path in self.layer.rglob("*")}


class Bench:
    """A runner, a base image's layers, and a folder for what arises."""

    def __init__(self, yard: Engine, lowers: tuple[str, ...], runner: Runner, folder: Path) -> None:
        self.store = yard.store
        self.images = yard.images
        self.lowers = lowers
        self.runner = runner
        self.folder = folder
        self.snapshotter: Overlay | Copying = choose(yard.store.paths)  # type: ignore[assignment]
        self._count = 0

    def job(self, *command: str, **more: object) -> execution.Job:
        """A job in an empty folder of its own."""
        self._count += 1
        folder = self.folder / f"step-{self._count}"
        folder.mkdir()
        words = command if len(command) > 1 else ("/bin/sh", "-c", *command)
        values: dict[str, object] = {"lowers": self.lowers, "folder": str(folder), **more}
        job = execution.Job(tuple(words), (), "", "/", (), "", "abcdef123456")
        return job._replace(**values)  # type: ignore[arg-type]

    def run(self, *command: str, **more: object) -> Result:
        """Run a shell's text, or several words as they are."""
        return self.carry_out(self.job(*command, **more))

    def carry_out(self, job: execution.Job) -> Result:
        printed = {1: b"", 2: b""}

        def keep(stream: int, data: bytes) -> None:
            printed[stream] += data

        ran = execution.run(self.runner, job, self.snapshotter, keep)
        return Result(ran.code, printed[1].decode(), printed[2].decode(), Path(ran.layer))


def children_of(pid: int) -> list[int]:
    """List a process's children."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return list(map(int, file.read().split()))


def lives(pid: int) -> bool:
    """Tell whether a process is there and not a mere entry that nobody has read yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def groups() -> set[str]:
    """List the control groups of builds."""
    found = set()
    for base, folders, _ in os.walk("/sys/fs/cgroup"):
        if base.count("/") > 5:
            folders.clear()
        found |= {f"{base}/{name}" for name in folders if name.startswith("build-")}
    return found
