"""The files of an image on their way out of the store: into a directory, or into a tar stream."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from engine.errors import Conflict, NotPermitted
from engine.kernel import files
from engine.layers.header import BLOCK, CHARACTER, DIRECTORY, FIFO, FILE, HARD_LINK, SYMLINK, Entry
from engine.layers.nodes import kept
from engine.layers.record import header
from engine.snapshots.duplicate import copy_data
from engine.snapshots.union import Node, children, root_of

_KINDS = {stat.S_IFREG: FILE, stat.S_IFLNK: SYMLINK, stat.S_IFCHR: CHARACTER, stat.S_IFBLK: BLOCK,
          stat.S_IFDIR: DIRECTORY, stat.S_IFIFO: FIFO}  # fmt: skip
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE = 1 << 20
_RECORD = 20 * 512


class File(NamedTuple):
    """One name of the tree."""

    path: bytes
    """From the root, without a leading slash."""
    node: Node


def walk(lowers: Sequence[str]) -> Iterator[File]:
    """Yield what a stack of layers (topmost first) shows, directories before their content, names sorted."""
    pending = [File(b"", root_of(lowers))] if lowers else []
    while pending:
        file = pending.pop()
        if file.path:
            yield file
        if file.node.is_directory:
            place = file.path + b"/" if file.path else b""
            found = [File(place + os.fsencode(name), node) for name, node in children(file.node).items()]
            pending += reversed(found)


def write_tar(lowers: Sequence[str], out: BinaryIO) -> None:
    """Write a tar of the files, with owners, attributes and hard links; the same files, the same bytes."""
    links: dict[tuple[int, int], bytes] = {}
    written = 0
    for path, node in walk(lowers):
        entry = _entry(path, node, links)
        if entry is None:
            continue
        written += _put(out, header(entry))
        if entry.kind == FILE and entry.size:
            with open(node.path, "rb", buffering=0) as file:
                while data := file.read(_PIECE):
                    written += _put(out, data)
            written += _put(out, bytes(-entry.size % 512))
    written += _put(out, bytes(1024))
    _put(out, bytes(-written % _RECORD))
    out.flush()


def write_directory(lowers: Sequence[str], folder: str) -> None:
    """Write the files into a directory, which is made if it is not there; what it has stays or is replaced.

    Everything belongs to the caller; modes and times are kept. Raises Conflict where a directory stands in a
    file's way, NotPermitted for a device that the caller may not make.
    """
    os.makedirs(folder, 0o700, exist_ok=True)
    writing = _Writing(os.open(folder, files.DIRECTORY))
    try:
        for path, node in walk(lowers):
            writing.add(path, node)
        writing.finish()
    finally:
        os.close(writing.root)


class _Writing:
    """Nothing is written through a link that lies in the directory already, unless it leads to inside it."""

    def __init__(self, root: int) -> None:
        self.root = root
        self._links: dict[tuple[int, int], bytes] = {}
        self._directories: list[tuple[bytes, os.stat_result]] = []

    def add(self, path: bytes, node: Node) -> None:
        """Write one name."""
        if node.is_directory:
            os.close(files.open_directory(self.root, path, _make_directory))
            self._directories.append((path, node.status))
            return
        if stat.S_ISSOCK(node.status.st_mode):
            return
        parent, _, name = path.rpartition(b"/")
        here = files.open_directory(self.root, parent or b".")
        try:
            _make_room(here, name, path)
            self._make(here, name, path, node)
        except PermissionError as error:
            shown = os.fsdecode(path)
            raise NotPermitted(f"cannot write {shown}: {(error.strerror or '').lower()}") from error
        finally:
            os.close(here)

    def finish(self) -> None:
        """Give the directories their modes and times, which filling them would have changed."""
        for path, status in reversed(self._directories):
            here = files.open_directory(self.root, path)
            try:
                os.fchmod(here, stat.S_IMODE(status.st_mode))
                os.utime(here, ns=(status.st_mtime_ns, status.st_mtime_ns))
            finally:
                os.close(here)

    def _make(self, here: int, name: bytes, path: bytes, node: Node) -> None:
        status = node.status
        identity = status.st_dev, status.st_ino
        first = self._links.setdefault(identity, path) if status.st_nlink > 1 else path
        if first != path and self._link(first, here, name):
            return
        times = (status.st_mtime_ns, status.st_mtime_ns)
        if stat.S_ISREG(status.st_mode):
            _copy(node, here, name)
        elif stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(node.path), name, dir_fd=here)
        else:
            os.mknod(name, stat.S_IFMT(status.st_mode) | 0o600, status.st_rdev, dir_fd=here)
            os.chmod(name, stat.S_IMODE(status.st_mode), dir_fd=here)
        os.utime(name, ns=times, dir_fd=here, follow_symlinks=False)

    def _link(self, first: bytes, here: int, name: bytes) -> bool:
        parent, _, old = first.rpartition(b"/")
        there = files.open_directory(self.root, parent or b".")
        try:
            os.link(old, name, src_dir_fd=there, dst_dir_fd=here, follow_symlinks=False)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOENT):
                raise
            return False
        finally:
            os.close(there)
        return True


def _copy(node: Node, here: int, name: bytes) -> None:
    source = os.open(node.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        target = os.open(name, _CREATE, 0o600, dir_fd=here)
        try:
            copy_data(source, target, node.status)
            os.fchmod(target, stat.S_IMODE(node.status.st_mode))
        finally:
            os.close(target)
    finally:
        os.close(source)


def _make_room(here: int, name: bytes, path: bytes) -> None:
    try:
        os.unlink(name, dir_fd=here)
    except FileNotFoundError:
        return
    except IsADirectoryError:
        raise Conflict(
            f"cannot write {os.fsdecode(path)}: a directory of that name is in the way",
            resolution="remove it, or name another directory",
        ) from None


def _make_directory(parent: int, name: bytes) -> None:
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        os.unlink(name, dir_fd=parent)
        os.mkdir(name, 0o700, dir_fd=parent)


def _entry(path: bytes, node: Node, links: dict[tuple[int, int], bytes]) -> Entry | None:
    status = node.status
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is None:
        return None  # a socket means nothing without its process
    name, link, size = path, b"", 0
    first = links.setdefault((status.st_dev, status.st_ino), path) if status.st_nlink > 1 else path
    if kind == DIRECTORY:
        name += b"/"
    elif first != path:
        kind, link = HARD_LINK, first
    elif kind == SYMLINK:
        link = os.fsencode(os.readlink(node.path))
    elif kind == FILE:
        size = status.st_size
    device = (os.major(status.st_rdev), os.minor(status.st_rdev)) if kind in (CHARACTER, BLOCK) else (0, 0)
    return Entry(name, kind, link, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid,
                 status.st_mtime_ns, size, size, device, _attributes(kind, node.path), None)  # fmt: skip


def _attributes(kind: bytes, path: str) -> dict[str, bytes]:
    if kind not in (FILE, DIRECTORY):
        return {}
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names if kept(name)}


def _put(out: BinaryIO, data: bytes) -> int:
    view = memoryview(data)
    while view:
        # An unbuffered pipe may take less than it is given.
        view = view[out.write(view) :]
    return len(data)
