"""What a writable layer changes, as `docker diff` tells it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.errors import from_os
from engine.kernel import files
from engine.layers.directories import is_whiteout
from engine.layers.tree import Node, Tree

_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")
_CAPABILITY = "security.capability"


class Change(NamedTuple):
    """One changed name: kind A for added, C for changed, D for deleted."""

    kind: str
    path: str


def changes(upper: str, lowers: Sequence[str]) -> Iterator[Change]:
    """Yield what the overlay's `upper` changes over `lowers` (topmost first), sorted by path.

    A directory counts as changed when something directly in it is added or deleted, when something below it
    changes, or when its own mode or owner does. What was copied up and is as before is no change.
    """
    comparison = _Comparison()
    try:
        with Tree(upper) as tree:
            for node in tree:
                try:
                    comparison.add(node, [os.fsencode(lower) for lower in lowers])
                except FileNotFoundError:
                    continue  # it went away meanwhile
    except OSError as error:
        raise from_os(error, "cannot compare the layers") from error
    for path in sorted(comparison.found):
        yield Change(comparison.found[path], "/" + os.fsdecode(path))


class _Level(NamedTuple):
    """A directory of the upper layer on the way to the current node."""

    path: bytes
    lowers: list[bytes]
    """The directories below it, topmost first."""
    hides: bool
    """It is opaque, or lies in one that is."""


class _Comparison:
    def __init__(self) -> None:
        self.found: dict[bytes, str] = {}
        self._levels: list[_Level] = []

    def add(self, node: Node, roots: list[bytes]) -> None:
        """Compare the next node of the upper layer; `roots` are the lower layers."""
        if not node.path:
            self._levels.append(_Level(b"", roots, False))
            return
        parent = node.path[: -len(node.name)].rstrip(b"/")
        while (top := self._levels[-1].path) and top != parent and not parent.startswith(top + b"/"):
            self._levels.pop()
        level = self._levels[-1]
        if level.path != parent:
            return  # its directory went away, and another came
        old, lowers = _look_up(level.lowers, node.name)
        if is_whiteout(node.status):
            if old is not None:
                self._note("D", node.path)
            return
        if old is None:
            self._note("A", node.path)
        elif _differs(node, old, _newest(level.lowers, node.name)):
            self._note("C", node.path)
        if stat.S_ISDIR(node.status.st_mode):
            self._enter(node, lowers, level.hides)
        else:
            self._note_deleted(node.path, _names(lowers))

    def _enter(self, node: Node, lowers: list[bytes], hides: bool) -> None:
        here = node.open(files.DIRECTORY)
        try:
            hides = hides or _opaque(here)
            present = {os.fsencode(name) for name in os.listdir(here)} if hides and lowers else set()
        finally:
            os.close(here)
        if hides:
            self._note_deleted(node.path, _names(lowers) - present)
        self._levels.append(_Level(node.path, lowers, hides))

    def _note_deleted(self, path: bytes, names: set[bytes]) -> None:
        for name in names:
            self._note("D", path + b"/" + name)

    def _note(self, kind: str, path: bytes) -> None:
        self.found[path] = kind
        while (path := path.rpartition(b"/")[0]) and path not in self.found:
            self.found[path] = "C"


def _look_up(lowers: list[bytes], name: bytes) -> tuple[os.stat_result | None, list[bytes]]:
    """Find what a name is in the lower layers, and the directories that merge to it."""
    first: os.stat_result | None = None
    merged: list[bytes] = []
    for lower in lowers:
        path = lower + b"/" + name
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            continue
        if is_whiteout(status) or (first is not None and not stat.S_ISDIR(status.st_mode)):
            break
        first = first or status
        if not stat.S_ISDIR(status.st_mode):
            break
        merged.append(path)
        if _opaque(path):
            break
    return first, merged


def _newest(lowers: list[bytes], name: bytes) -> bytes:
    return next(path for lower in lowers if os.path.lexists(path := lower + b"/" + name))


def _names(lowers: list[bytes]) -> set[bytes]:
    """List a merged directory of the lower layers."""
    names: set[bytes] = set()
    hidden: set[bytes] = set()
    for lower in lowers:
        with os.scandir(lower) as entries:
            for entry in entries:
                if entry.name not in names and entry.name not in hidden:
                    kind = hidden if is_whiteout(entry.stat(follow_symlinks=False)) else names
                    kind.add(entry.name)
    return names


def _differs(node: Node, old: os.stat_result, old_path: bytes) -> bool:
    """Compare as docker does: a directory's time and size say nothing, a file's do."""
    new = node.status
    if (new.st_mode, new.st_rdev) != (old.st_mode, old.st_rdev):
        return True
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        return True
    if stat.S_ISDIR(new.st_mode):
        return False
    if new.st_size != old.st_size or not _same_time(new.st_mtime_ns, old.st_mtime_ns):
        return True
    if not stat.S_ISREG(new.st_mode):
        return False
    here = node.open(os.O_RDONLY | os.O_NONBLOCK)
    try:
        return files.xattrs(here).get(_CAPABILITY) != _capability(old_path)
    finally:
        os.close(here)


def _same_time(one: int, other: int) -> bool:
    whole, fraction = divmod(one, 1_000_000_000)
    whole_other, fraction_other = divmod(other, 1_000_000_000)
    return whole == whole_other and (fraction == fraction_other or not fraction or not fraction_other)


def _capability(path: bytes) -> bytes | None:
    try:
        return os.getxattr(path, _CAPABILITY, follow_symlinks=False)
    except OSError:
        return None


def _opaque(where: int | bytes) -> bool:
    for name in _OPAQUE:
        try:
            if os.getxattr(where, name) == b"y":
                return True
        except OSError:
            continue  # not set, or not for us to see
    return False
