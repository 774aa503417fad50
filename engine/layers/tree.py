"""Walking a directory tree in one fixed order, by descriptor, without following a link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.errors import Unsupported
from engine.kernel import files
from engine.layers.names import shown

_LONGEST = 4095
_MOST = 64
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE)
"""What is said of a name that went away, or became something else, while a program runs in the tree."""
_RULES = files.BENEATH | files.NO_SYMLINKS | files.NO_MAGICLINKS


class Node(NamedTuple):
    """One name in the tree; `directory` is open only until the next node."""

    path: bytes
    name: bytes
    directory: int
    status: os.stat_result

    def open(self, flags: int) -> int:
        """Open it, unless it is a link."""
        return os.open(self.name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.directory)


class Tree:
    """A directory tree below `root`, which itself is its first node, with an empty path.

    Every directory comes before what is in it, names in the order of their bytes. At most 64 directories are
    open, however deep the tree is. A directory that `enter` refuses is named, and not looked into.
    """

    def __init__(
        self, root: str | int, enter: Callable[[os.stat_result], bool] = lambda status: True
    ) -> None:
        if isinstance(root, int):
            self._root = os.open(b".", files.DIRECTORY, dir_fd=root)
        else:
            self._root = os.open(root, files.DIRECTORY)
        self._enter = enter
        self._open: dict[bytes, int] = {}

    def __iter__(self) -> Iterator[Node]:
        yield Node(b"", b".", self._root, os.fstat(self._root))
        pending = [(b"", iter(self._names(b"")))]
        while pending:
            parent, names = pending[-1]
            name = next(names, None)
            if name is None:
                pending.pop()
                self._close(parent)
                continue
            path = parent + b"/" + name if parent else name
            if len(path) > _LONGEST:
                raise Unsupported(f"{shown(path)} lies too deep for a layer: {_LONGEST} bytes at most")
            try:
                directory = self._directory(parent)
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                continue
            yield Node(path, name, directory, status)
            if stat.S_ISDIR(status.st_mode) and self._enter(status):
                try:
                    pending.append((path, iter(self._names(path))))
                except OSError as error:
                    if error.errno not in _GONE:
                        raise

    def _names(self, path: bytes) -> list[bytes]:
        return sorted(os.fsencode(name) for name in os.listdir(self._directory(path)))

    def _directory(self, path: bytes) -> int:
        here = self._open.get(path)
        if here is None:
            if len(self._open) >= _MOST:
                self._close(next(iter(self._open)))
            here = self._open[path] = _open(self._root, path)
        return here

    def _close(self, path: bytes) -> None:
        here = self._open.pop(path, None)
        if here is not None:
            os.close(here)

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_: object) -> None:
        for here in self._open.values():
            os.close(here)
        self._open.clear()
        os.close(self._root)


def _open(root: int, path: bytes) -> int:
    try:
        return files.openat2(root, path or b".", files.DIRECTORY, resolve=_RULES)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
    return files.walk(root, path)
