"""Making a layer of what a writable root holds, while the root stays where it is.

What is extracted may be changing: a program may run in it. Nothing is reached by a path that the program
could bend: the walk goes from directory to directory by descriptor and follows no link.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from engine.errors import from_os
from engine.kernel import files
from engine.layers.changes import Change
from engine.layers.nodes import kept
from engine.layers.tree import Node, Tree
from engine.snapshots.duplicate import copy_data

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE = (errno.ENOENT, errno.ESTALE, errno.ENOTDIR, errno.ELOOP)


def extract(upper: str, changes: Iterable[Change], layer: str) -> None:
    """Copy the changed names from `upper` into the empty directory `layer`, as overlayfs wants a layer.

    What was deleted becomes a whiteout; hard links among what is copied, holes, devices, attributes, owners
    and times are kept, sockets are not. A name that vanishes meanwhile is left out. Raises NoSpace.
    """
    try:
        extraction = _Extraction(layer, changes)
        try:
            with Tree(upper) as tree:
                for node in tree:
                    extraction.add(node)
        finally:
            extraction.close()
    except OSError as error:
        raise from_os(error, "cannot copy the writable layer") from error


class _Directory(NamedTuple):
    """A directory on the way to what is copied now; it gets its owner, mode and times when it is left."""

    path: bytes
    descriptor: int
    """Of the copy."""
    status: os.stat_result
    xattrs: dict[str, bytes]


class _Extraction:
    def __init__(self, layer: str, changes: Iterable[Change]) -> None:
        self._layer = os.fsencode(layer)
        self._present: set[bytes] = set()
        self._deleted: dict[bytes, list[bytes]] = {}
        """Names by their directory."""
        self._links: dict[tuple[int, int], bytes] = {}
        self._open: list[_Directory] = []
        for kind, path in changes:
            name = os.fsencode(path[1:])
            if kind == "D":
                self._deleted.setdefault(os.path.dirname(name), []).append(os.path.basename(name))
            else:
                self._present.add(name)

    def add(self, node: Node) -> None:
        """Copy the next node of the tree, if it has changed."""
        if not node.path:
            self._enter(node, os.open(self._layer, files.DIRECTORY))
            return
        parent = node.path[: -len(node.name)].rstrip(b"/")
        while (top := self._open[-1].path) and top != parent and not parent.startswith(top + b"/"):
            self._shut()
        if node.path not in self._present or self._open[-1].path != parent:
            return
        try:
            self._copy(node, self._open[-1].descriptor)
        except OSError as error:
            if error.errno not in _GONE:
                raise

    def close(self) -> None:
        """Leave the directories that are open."""
        while self._open:
            self._shut()

    def _enter(self, node: Node, here: int) -> None:
        source = node.open(files.DIRECTORY)
        try:
            self._open.append(_Directory(node.path, here, node.status, files.xattrs(source)))
        finally:
            os.close(source)
        for name in self._deleted.get(node.path, ()):
            os.mknod(name, stat.S_IFCHR, os.makedev(0, 0), dir_fd=here)

    def _shut(self) -> None:
        _, here, status, xattrs = self._open.pop()
        try:
            _describe(here, status, xattrs)
        finally:
            os.close(here)

    def _copy(self, node: Node, parent: int) -> None:
        kind = stat.S_IFMT(node.status.st_mode)
        identity = node.status.st_dev, node.status.st_ino
        if kind == stat.S_IFDIR:
            os.mkdir(node.name, 0o700, dir_fd=parent)
            self._enter(node, os.open(node.name, files.DIRECTORY, dir_fd=parent))
        elif kind == stat.S_IFSOCK:
            return
        elif identity in self._links:
            first = self._layer + b"/" + self._links[identity]
            os.link(first, self._layer + b"/" + node.path, follow_symlinks=False)
        elif kind == stat.S_IFREG:
            _copy_file(node, parent)
        else:
            _copy_special(node, kind, parent)
        if kind != stat.S_IFDIR and node.status.st_nlink > 1:
            self._links.setdefault(identity, node.path)


def _copy_file(node: Node, parent: int) -> None:
    source = node.open(os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(source)
        here = os.open(node.name, _CREATE, 0o600, dir_fd=parent)
        try:
            copy_data(source, here, status)
            _describe(here, status, files.xattrs(source))
        finally:
            os.close(here)
    finally:
        os.close(source)


def _copy_special(node: Node, kind: int, parent: int) -> None:
    name, status = node.name, node.status
    if kind == stat.S_IFLNK:
        os.symlink(os.readlink(name, dir_fd=node.directory), name, dir_fd=parent)
    else:
        os.mknod(name, kind | 0o600, status.st_rdev, dir_fd=parent)
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(name, status.st_uid, status.st_gid, dir_fd=parent, follow_symlinks=False)
    if kind != stat.S_IFLNK:
        os.chmod(name, stat.S_IMODE(status.st_mode), dir_fd=parent)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=parent, follow_symlinks=False)


def _describe(here: int, status: os.stat_result, xattrs: dict[str, bytes]) -> None:
    """Set owner, mode, attributes and times in this order: chown clears setuid and capabilities."""
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(here, status.st_uid, status.st_gid)
    os.fchmod(here, stat.S_IMODE(status.st_mode))
    for name, value in xattrs.items():
        if kept(name):
            os.setxattr(here, name, value)
    os.utime(here, ns=(status.st_atime_ns, status.st_mtime_ns))
