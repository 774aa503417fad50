"""Reading a stack of layers as the one tree that an overlay of them would show."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")


class Node(NamedTuple):
    """One name in the merged tree."""

    path: str
    """Where its topmost form lies: owner, mode and content are those of this one."""
    status: os.stat_result
    parts: tuple[str, ...]
    """For a directory: the directories that it merges, topmost first; else empty."""

    @property
    def is_directory(self) -> bool:
        """Tell whether it is a directory."""
        return stat.S_ISDIR(self.status.st_mode)


def root_of(lowers: Sequence[str]) -> Node:
    """Return the root of a stack, topmost layer first, of which there is at least one."""
    # Overlayfs merges the roots of all layers, even of one that is marked opaque.
    return Node(lowers[0], os.stat(lowers[0]), tuple(lowers))


def children(node: Node) -> dict[str, Node]:
    """Read a directory of the merged tree: its names, sorted, without what a whiteout deletes."""
    found: dict[str, Node | None] = {}
    merging: set[str] = set()
    for part in node.parts:
        for path, name, status in _listed(part):
            if name not in found:
                found[name] = None if is_whiteout(status) else Node(path, status, ())
                merging.add(name)
            elif name not in merging:
                continue
            top = found[name]
            if top and stat.S_ISDIR(status.st_mode):
                found[name] = top._replace(parts=(*top.parts, path))
                if not is_opaque(path):
                    continue
            merging.discard(name)
    return {name: child for name, child in sorted(found.items()) if child is not None}


def is_whiteout(status: os.stat_result) -> bool:
    """Tell whether this is overlayfs's mark of a deleted name: a character device 0:0."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def is_opaque(path: str) -> bool:
    """Tell whether a layer's directory hides what the layers below have at its place."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return False
    return any(name in names and os.getxattr(path, name, follow_symlinks=False) == b"y" for name in _OPAQUE)


def _listed(directory: str) -> Iterator[tuple[str, str, os.stat_result]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            yield entry.path, entry.name, entry.stat(follow_symlinks=False)
