"""Where this machine keeps its controllers, and where in there we may make groups."""

from __future__ import annotations

import os
from typing import NamedTuple

from engine.runtime.cgroups.v1 import directory

ROOT = "/sys/fs/cgroup"
"""systemd, runc and docker all mount (or expect) control groups here."""


class Place(NamedTuple):
    """One hierarchy: its version, where it is mounted, and the directory we may make groups in, if any."""

    version: int
    mount: str
    base: str | None


class Layout(NamedTuple):
    """The hierarchies below one directory."""

    root: str
    unified: str | None
    """Where version 2 is mounted; equal to `root` when it is the only version."""

    @classmethod
    def probe(cls, root: str = ROOT) -> Layout:
        """Look at what is mounted; an empty layout when nothing is."""
        for candidate in (root, f"{root}/unified"):
            if os.path.exists(f"{candidate}/cgroup.controllers"):
                return cls(root, candidate)
        return cls(root, None)

    def place(self, controller: str) -> Place | None:
        """Find the hierarchy that has `controller`, version 1 first; None: the kernel does not offer it."""
        if self.unified != self.root:
            mount = f"{self.root}/{directory(controller)}"
            if os.path.exists(f"{mount}/tasks"):
                return Place(1, mount, _base(mount, controller))
        if self.unified is not None and controller in _words(f"{self.unified}/cgroup.controllers"):
            return self.second()
        return None

    def second(self) -> Place | None:
        """Find the version 2 hierarchy, whatever controllers it has."""
        return Place(2, self.unified, _base(self.unified, "")) if self.unified is not None else None


def _words(path: str) -> list[str]:
    with open(path, encoding="ascii") as file:
        return file.read().split()


def _base(mount: str, controller: str) -> str | None:
    """Find the highest group on the way to our own in which we may make others and move processes."""
    if _writable(mount):
        return mount
    here = mount
    for part in _own(controller).split("/"):
        here = f"{here}/{part}" if part else here
        if _writable(here):
            return here
    return None


def _writable(group: str) -> bool:
    return os.access(group, os.W_OK) and os.access(f"{group}/cgroup.procs", os.W_OK)


def _own(controller: str) -> str:
    """Read this process's group in the hierarchy of `controller` ("" is version 2); cgroups(7)."""
    with open("/proc/self/cgroup", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if directory(controller) in controllers.split(","):
                return path
    return "/"
