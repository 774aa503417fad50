"""Packing any tree as an archive of what is there: the form in which files leave and enter containers.

Unlike a layer's tar it says nothing of what was deleted, and its names may begin with anything. Times are in
whole seconds, as docker's are. The tree may be changing: what goes away is left out, what grows is cut off
where it was, what shrinks is filled up.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.kernel import files
from engine.layers.header import BLOCK, CHARACTER, DIRECTORY, FIFO, FILE, HARD_LINK, SYMLINK, Entry
from engine.layers.nodes import kept
from engine.layers.record import header
from engine.layers.tree import Node, Tree

_PIECE = 256 << 10
_SECOND = 1_000_000_000
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE, errno.ENXIO, errno.EINVAL)
"""What is said of a name that went away, or became something else, since it was looked at."""
_KINDS = {stat.S_IFREG: FILE, stat.S_IFLNK: SYMLINK, stat.S_IFCHR: CHARACTER, stat.S_IFBLK: BLOCK,
          stat.S_IFDIR: DIRECTORY, stat.S_IFIFO: FIFO}  # fmt: skip

Enter = Callable[[os.stat_result], bool]


class Origin(NamedTuple):
    """What is packed."""

    directory: int
    """The descriptor of the directory it lies in."""
    base: bytes
    """Its name there; `.` is the directory itself."""
    name: bytes
    """What the archive calls it; with an empty name a directory's content stands alone."""


def pack(origin: Origin, enter: Enter = lambda status: True) -> Iterator[bytes]:
    """Yield the archive of a file, or of a directory and all below it, in large pieces.

    Sockets are left out, and what is in directories that `enter` refuses. Raises OSError.
    """
    yield from _gathered(_pieces(origin, enter))


def _pieces(origin: Origin, enter: Enter) -> Iterator[bytes]:
    writing = _Writing()
    status = os.stat(origin.base, dir_fd=origin.directory, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        yield from writing.node(Node(origin.name, origin.base, origin.directory, status), origin.name)
    else:
        here = os.open(origin.base, files.DIRECTORY | os.O_NOFOLLOW, dir_fd=origin.directory)
        try:
            yield from _tree(writing, here, origin.name, enter)
        finally:
            os.close(here)
    yield bytes(1024)


def _tree(writing: _Writing, here: int, name: bytes, enter: Enter) -> Iterator[bytes]:
    prefix = name if not name or name.endswith(b"/") else name + b"/"
    with Tree(here, enter) as tree:
        for node in tree:
            if node.path or prefix:
                yield from writing.node(node, prefix + node.path if node.path else prefix)


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join what is small, so that a thousand headers are not a thousand writes."""
    waiting: list[bytes] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= _PIECE:
            yield b"".join(waiting)
            waiting.clear()
            length = 0
    if waiting:
        yield b"".join(waiting)


class _Writing:
    def __init__(self) -> None:
        self._links: dict[tuple[int, int], bytes] = {}

    def node(self, node: Node, name: bytes) -> Iterator[bytes]:
        """Write one node under this name, unless it has gone meanwhile."""
        status = node.status
        kind = _KINDS.get(stat.S_IFMT(status.st_mode))
        identity = status.st_dev, status.st_ino
        if kind is None:
            return  # a socket means nothing without its process
        try:
            if kind == DIRECTORY:
                yield header(_entry(node, kind, name.rstrip(b"/") + b"/"))
            elif status.st_nlink > 1 and identity in self._links:
                yield header(_entry(node, HARD_LINK, name, link=self._links[identity]))
            elif kind == FILE:
                yield from _file(node, name)
                self._links[identity] = name
            else:
                link = os.readlink(node.name, dir_fd=node.directory) if kind == SYMLINK else b""
                yield header(_entry(node, kind, name, link=link))
                self._links[identity] = name
        except OSError as error:
            if error.errno not in _GONE:
                raise


def _file(node: Node, name: bytes) -> Iterator[bytes]:
    here = node.open(os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(here)
        if not stat.S_ISREG(status.st_mode):
            return  # something else stands there now
        left = status.st_size
        attributes = {key: value for key, value in files.xattrs(here).items() if kept(key)}
        yield header(_entry(node._replace(status=status), FILE, name, size=left, xattrs=attributes))
        padding = -left % 512
        while left:
            piece = os.read(here, min(left, _PIECE)) or bytes(min(left, _PIECE))
            left -= len(piece)
            yield piece
        yield bytes(padding)
    finally:
        os.close(here)


def _entry(node: Node, kind: bytes, name: bytes, *, link: bytes = b"", size: int = 0,
           xattrs: dict[str, bytes] | None = None) -> Entry:  # fmt: skip
    status = node.status
    device = (0, 0)
    if kind in (CHARACTER, BLOCK):
        device = os.major(status.st_rdev), os.minor(status.st_rdev)
    return Entry(name, kind, link, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid,
                 status.st_mtime_ns // _SECOND * _SECOND, size, size, device, xattrs or {}, None)  # fmt: skip
