"""What a stack of layers holds for nothing: files that a layer further up hides or removes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.snapshots.union import is_opaque, is_whiteout


class Waste(NamedTuple):
    """The sum of it."""

    size: int
    """Bytes of regular files in all layers."""
    wasted: int
    """Bytes of those that no container can see."""
    files: tuple[tuple[str, int, int], ...]
    """The paths that waste most: path, how often it is there for nothing, bytes."""


def waste(layers: Sequence[str], *, most: int = 100, stop: Callable[[], bool] = lambda: False) -> Waste:
    """Add up what the layers (the base first) hide from each other. Raises OSError."""
    found = _Found(stop)
    for layer in reversed(layers):
        found.add(layer)
    ranked = sorted(found.wasted.items(), key=lambda one: (-one[1][1], one[0]))[:most]
    files = tuple((path, count, size) for path, (count, size) in ranked)
    return Waste(found.size, sum(size for _, size in found.wasted.values()), files)


class _Found:
    def __init__(self, stop: Callable[[], bool]) -> None:
        self.size = 0
        self.wasted: dict[str, tuple[int, int]] = {}
        self._stop = stop
        self._covers: set[str] = set()
        """What an upper layer has there hides whatever lies below."""
        self._directories: set[str] = set()

    def add(self, layer: str) -> None:
        """Walk one layer; those above it have been walked."""
        covers: set[str] = set()
        directories: set[str] = set()
        pending = [("", False)]
        while pending and not self._stop():
            place, hidden = pending.pop()
            with os.scandir(layer + place) as entries:
                for entry in entries:
                    path = f"{place}/{entry.name}"
                    status = entry.stat(follow_symlinks=False)
                    covered = hidden or path in self._covers
                    if stat.S_ISDIR(status.st_mode):
                        directories.add(path)
                        if is_opaque(entry.path):
                            covers.add(path)
                        pending.append((path, covered))
                        continue
                    covers.add(path)
                    if stat.S_ISREG(status.st_mode) and not is_whiteout(status):
                        self._count(path, status.st_size, covered or path in self._directories)
        self._covers |= covers
        self._directories |= directories

    def _count(self, path: str, size: int, hidden: bool) -> None:
        self.size += size
        if hidden and size:
            count, before = self.wasted.get(path, (0, 0))
            self.wasted[path] = count + 1, before + size
