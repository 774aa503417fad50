"""The layers below a step, seen as the one tree that a container would see, and mounted nowhere.

Layers do not change once they are made, and nobody but us reaches them, so what a lookup says stays true.
Links are read here and lead back into the tree.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from engine.layers.directories import is_whiteout
from engine.snapshots.union import is_opaque

_LINKS = 40


class Found(NamedTuple):
    """What stands at one path."""

    path: bytes
    """Where its topmost form lies on disk: owner, mode and content are those of this one."""
    status: os.stat_result
    parts: tuple[bytes, ...]
    """For a directory: the directories that it merges, topmost first."""

    @property
    def is_directory(self) -> bool:
        """Tell whether it is a directory."""
        return stat.S_ISDIR(self.status.st_mode)


class Stack:
    """The merged tree of some layers' directories, topmost first; none make an empty root."""

    def __init__(self, lowers: Sequence[str]) -> None:
        roots = tuple(os.fsencode(lower) for lower in lowers)
        self._known: dict[bytes, Found | None] = {}
        # Overlayfs merges the roots of all layers, even of one that is marked opaque.
        self._known[b""] = Found(roots[0], os.stat(roots[0]), roots) if roots else None

    def find(self, path: bytes) -> Found | None:
        """Tell what stands at `path`, in which no link is followed; None for nothing."""
        try:
            return self._known[path]
        except KeyError:
            parent, _, name = path.rpartition(b"/")
            above = self.find(parent)
            found = _look_up(above.parts, name) if above else None
            self._known[path] = found
            return found

    def resolve(self, path: bytes) -> bytes:
        """Follow every link in `path`, the last one too; what is missing stays as it is written.

        Raises OSError: ENOTDIR when it leads through something else, ELOOP when the links go round.
        """
        pending = path.split(b"/")[::-1]
        here: list[bytes] = []
        links = 0
        while pending:
            name = pending.pop()
            if name in (b"", b"."):
                continue
            if name == b"..":
                del here[-1:]
                continue
            found = self.find(b"/".join((*here, name)))
            if found is None or found.is_directory:
                here.append(name)
            elif stat.S_ISLNK(found.status.st_mode):
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                target = os.readlink(found.path)
                if target.startswith(b"/"):
                    here.clear()
                pending.extend(target.split(b"/")[::-1])
            elif any(name not in (b"", b".") for name in pending):
                raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), b"/".join((*here, name)))
            else:
                here.append(name)
        return b"/".join(here)

    def read(self, path: bytes, most: int) -> bytes:
        """Read at most so many bytes of the regular file that `path` leads to; nothing if there is none."""
        try:
            found = self.find(self.resolve(path))
        except OSError:
            return b""
        if found is None or not stat.S_ISREG(found.status.st_mode):
            return b""
        with open(found.path, "rb", buffering=0) as file:
            return file.read(most)


def _look_up(parts: Sequence[bytes], name: bytes) -> Found | None:
    first: tuple[bytes, os.stat_result] | None = None
    merged: list[bytes] = []
    for part in parts:
        path = part + b"/" + name
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            continue
        is_directory = stat.S_ISDIR(status.st_mode)
        if is_whiteout(status) or (first is not None and not is_directory):
            break
        first = first or (path, status)
        if not is_directory:
            break
        merged.append(path)
        if is_opaque(os.fsdecode(path)):
            break
    return Found(*first, tuple(merged)) if first else None
