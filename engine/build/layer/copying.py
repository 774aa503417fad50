"""Reading inputs for a layer: once, and only if they are still what was selected."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from engine.build.context.inputs import Input, Inputs
from engine.build.layer.layout import Leaf
from engine.errors import Conflict
from engine.kernel import files
from engine.layers.names import shown
from engine.layers.stream import PIECE

_RACY = 2_000_000_000
"""Nanoseconds: a file written this recently may have been written again without getting a new time."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CAPABILITY = "security.capability"
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.EAGAIN)

Receive = Callable[[Iterator[bytes], dict[str, bytes]], None]
"""Gets a file's data and the attributes that it keeps; must take all the data."""


class Reader:
    """Open inputs one after the other; files of one directory are opened from its descriptor."""

    def __init__(self) -> None:
        self._tree: Inputs | None = None
        self._path = b""
        self._here = -1

    def read(self, leaf: Leaf, receive: Receive) -> None:
        """Hand a regular file's data over.

        Raises Conflict if it is not what was selected; then what was received is worth nothing.
        """
        input = leaf.input
        here = self._open(leaf)
        try:
            if input.size > PIECE:
                _read_large(here, input, receive)
                return
            data = _whole(here, input)
            status = os.fstat(here)
            if not stat.S_ISREG(status.st_mode) or len(data) != input.size:
                raise _changed(input)
            if not _is_same(input, status):
                from hashlib import sha256

                if not input.digest or sha256(data).hexdigest() != input.digest:
                    raise _changed(input)
            receive(iter((data,) if data else ()), _kept(here))
        finally:
            os.close(here)

    @contextmanager
    def opened(self, leaf: Leaf) -> Iterator[BinaryIO]:
        """Open a regular file to be read in any way; raises Conflict if it changes until it is closed."""
        with open(self._open(leaf), "rb", buffering=PIECE) as file:
            self.close()
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size != leaf.input.size:
                raise _changed(leaf.input)
            yield file
            after = os.fstat(file.fileno())
            if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
                raise _changed(leaf.input)

    def close(self) -> None:
        """Close what is open."""
        if self._here >= 0:
            os.close(self._here)
        self._here = -1

    def _open(self, leaf: Leaf) -> int:
        parent, _, name = leaf.input.path.rpartition(b"/")
        assert leaf.inputs
        try:
            return os.open(name, _READ, dir_fd=self._from(leaf.inputs, parent))
        except OSError as error:
            raise _changed(leaf.input) if error.errno in _GONE else error from error

    def _from(self, tree: Inputs, path: bytes) -> int:
        if self._here < 0 or self._path != path or self._tree is not tree:
            self.close()
            self._here = files.open_in_root(tree.root, path, files.DIRECTORY | os.O_NOFOLLOW)
            self._tree, self._path = tree, path
        return self._here


def _whole(here: int, input: Input) -> bytes:
    try:
        data = os.read(here, input.size + 1)
        while data and len(data) <= input.size and (more := os.read(here, input.size + 1 - len(data))):
            data += more
    except OSError as error:
        raise _changed(input) if error.errno in _GONE else error from error
    return data


def _read_large(here: int, input: Input, receive: Receive) -> None:
    status = os.fstat(here)
    if not stat.S_ISREG(status.st_mode) or status.st_size != input.size:
        raise _changed(input)
    from hashlib import sha256

    digest = None if _is_same(input, status) else sha256()

    def pieces() -> Iterator[bytes]:
        left = input.size
        while left:
            piece = os.read(here, min(left, PIECE))
            if not piece:
                raise _changed(input)
            if digest:
                digest.update(piece)
            left -= len(piece)
            yield piece

    receive(pieces(), _kept(here))
    after = os.fstat(here)
    if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
        raise _changed(input)
    if digest and (not input.digest or digest.hexdigest() != input.digest):
        raise _changed(input)


def _is_same(input: Input, status: os.stat_result) -> bool:
    """Tell whether a file has surely not been written to since it was selected."""
    if (status.st_size, status.st_mtime_ns) != (input.size, input.mtime_ns):
        return False
    return not input.digest or abs(time.time_ns() - status.st_mtime_ns) > _RACY


def _kept(here: int) -> dict[str, bytes]:
    """Read what docker's builders take along of a file's attributes."""
    try:
        if _CAPABILITY in os.listxattr(here):
            return {_CAPABILITY: os.getxattr(here, _CAPABILITY)}
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
    return {}


def _changed(input: Input) -> Conflict:
    return Conflict(
        f"{shown(input.path)} changed while it was copied", resolution="build again once nothing writes to it"
    )
