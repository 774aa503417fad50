"""The union by copying, where the kernel grants no overlay."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Sequence

from engine.errors import from_os
from engine.kernel.mounts import Mount
from engine.snapshots.comparison import compare
from engine.snapshots.duplicate import describe, duplicate
from engine.snapshots.overlay import Overlay, make_upper
from engine.snapshots.union import Node, children, root_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.layers.changes import Change

ORIGIN = "work/origin"
"""The file that remembers the stack a directory was filled from."""


class Copying:
    """Fill `upper` with the whole stack; nothing is shared, and nothing needs a right or a kernel option."""

    name = "copy"

    def prepare(self, directory: str, lowers: Sequence[str]) -> tuple[Mount, ...]:
        """Copy the stack; see `Snapshotter`."""
        upper = f"{directory}/upper"
        try:
            make_upper(upper, lowers)
            os.mkdir(f"{directory}/work", 0o700)
            with open(f"{directory}/{ORIGIN}", "w", encoding="utf-8") as file:
                json.dump(list(lowers), file)
            if lowers:
                flatten(lowers, upper)
        except OSError as error:
            raise from_os(error, "cannot copy the image's layers") from error
        return (Mount("bind", upper),)

    def changes(self, directory: str, lowers: Sequence[str]) -> Iterator[Change]:
        """Compare what is there with the stack; see `Snapshotter`."""
        return compare(f"{directory}/upper", lowers)

    def usage(self, directory: str) -> int:
        """Measure what differs from the stack; see `Snapshotter`."""
        try:
            with open(f"{directory}/{ORIGIN}", encoding="utf-8") as file:
                lowers = json.load(file)
        except OSError:
            return 0
        upper = f"{directory}/upper"
        seen: dict[tuple[int, int], int] = {}
        for change in compare(upper, lowers):
            if change.kind == "D":
                continue
            try:
                status = os.lstat(upper + change.path)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(status.st_mode):
                seen[status.st_dev, status.st_ino] = status.st_size
        return sum(seen.values())

    def remove(self, directory: str) -> None:
        """Delete the copy; see `Snapshotter`."""
        Overlay().remove(directory)


def flatten(lowers: Sequence[str], target: str) -> None:
    """Copy a stack (topmost first, at least one) into the directory `target`, as its overlay would show it.

    Hard links inside a layer, holes, devices, attributes, owners and times in nanoseconds are kept.
    Raises OSError.
    """
    links: dict[tuple[int, int], str] = {}
    root = root_of(lowers)
    pending = [(root, target)]
    filled = []
    while pending:
        directory, place = pending.pop()
        filled.append((directory, place))
        for name, node in children(directory).items():
            below = f"{place}/{name}"
            if node.is_directory:
                duplicate(node.path, node.status, below)
                pending.append((node, below))
            else:
                _copy(node, below, links)
    # Filling a directory changes its times, and its own mode may forbid it.
    for directory, place in reversed(filled):
        describe(directory.path, directory.status, place)


def _copy(node: Node, target: str, links: dict[tuple[int, int], str]) -> None:
    identity = node.status.st_dev, node.status.st_ino
    if node.status.st_nlink > 1:
        first = links.setdefault(identity, target)
        if first != target:
            os.link(first, target, follow_symlinks=False)
            return
    duplicate(node.path, node.status, target)
    describe(node.path, node.status, target)
