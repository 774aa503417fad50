"""What differs between a directory and the stack of layers it was filled from."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from engine.snapshots.duplicate import attributes
from engine.snapshots.union import Node, children, root_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.layers.changes import Change


def compare(directory: str, lowers: Sequence[str]) -> Iterator[Change]:
    """Yield the changes from the stack (topmost first) to the directory, sorted, parents first.

    A file has changed if its kind, owner, mode, size, time or attributes have; a directory also if something
    below it has.
    """
    from engine.layers.changes import Change

    before = root_of(lowers) if lowers else None
    after = Node(directory, os.stat(directory), (directory,))
    # The root is never named, and it always exists.
    for kind, path in _below(before, after, ""):
        yield Change(kind, path)


def _below(before: Node | None, after: Node, place: str) -> Iterator[tuple[str, str]]:
    old, new = children(before) if before else {}, children(after)
    for name in sorted(old.keys() | new.keys()):
        path = f"{place}/{name}"
        if name not in new:
            yield "D", path
            continue
        node, was = new[name], old.get(name)
        deeper: Iterator[tuple[str, str]] = iter(())
        if node.is_directory:
            deeper = _below(was if was and was.is_directory else None, node, path)
        if was is None:
            yield "A", path
            yield from deeper
            continue
        first = next(deeper, None)
        if first or _differs(was, node):
            yield "C", path
        if first:
            yield first
            yield from deeper


def _differs(was: Node, node: Node) -> bool:
    old, new = was.status, node.status
    if (old.st_mode, old.st_uid, old.st_gid) != (new.st_mode, new.st_uid, new.st_gid):
        return True
    if stat.S_ISDIR(new.st_mode):
        return _attributes(was.path) != _attributes(node.path)
    if (old.st_rdev, old.st_size, old.st_mtime_ns) != (new.st_rdev, new.st_size, new.st_mtime_ns):
        return True
    return _attributes(was.path) != _attributes(node.path)


def _attributes(path: str) -> dict[str, bytes]:
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in attributes(path)}
