"""A layer made of what differs, where the kernel grants no overlay that would have kept it apart."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from engine.snapshots.duplicate import describe, duplicate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.layers.changes import Change


def write(tree: str, changes: Iterable[Change], layer: str) -> None:
    """Copy what changed in `tree` into the new directory `layer`, and mark there what is gone.

    Changes come parents first, paths from the root. Hard links among them are kept. Raises OSError.
    """
    os.mkdir(layer, 0o700)
    filled = [(tree, layer)]
    links: dict[tuple[int, int], str] = {}
    for change in changes:
        source, target = tree + change.path, layer + change.path
        if change.kind == "D":
            os.mknod(target, stat.S_IFCHR, 0)
            continue
        status = os.lstat(source)
        if stat.S_ISDIR(status.st_mode):
            duplicate(source, status, target)
            filled.append((source, target))
            continue
        first = links.setdefault((status.st_dev, status.st_ino), target)
        if first != target:
            os.link(first, target, follow_symlinks=False)
            continue
        duplicate(source, status, target)
        describe(source, status, target)
    for source, target in reversed(filled):
        describe(source, os.lstat(source), target)
