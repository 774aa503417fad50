"""Opening by directory descriptor inside a root: openat2(2), and what belongs to it.

Paths are bytes, because names on disk are. A path below a root is never put together as a string and
opened: symbolic links in it lead back into the root, `..` stops at it, and magic links are refused.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable

from engine.kernel.libc import syscall

_OPENAT2 = 437

NO_XDEV, NO_MAGICLINKS, NO_SYMLINKS, BENEATH, IN_ROOT = 0x01, 0x02, 0x04, 0x08, 0x10
"""How openat2 may resolve a path, from linux/openat2.h."""

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LINKS = 40
_ATTEMPTS = 128

Make = Callable[[int, bytes], None]
"""Called with a directory and the name missing in it; it makes a directory of that name, or raises."""


def openat2(directory: int, path: bytes, flags: int, *, mode: int = 0, resolve: int = 0) -> int:
    """Open `path` from `directory` under the rules of `resolve`; see openat2(2).

    Raises OSError; EXDEV when the path would leave, ELOOP when a forbidden link is met.
    """
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, mode, resolve)
    return syscall(_OPENAT2, directory, path, how, len(how))


def open_in_root(root: int, path: bytes, flags: int, *, mode: int = 0) -> int:
    """Open `path` as a process whose root is `root` would, without magic links.

    Where openat2 is missing or forbidden (Linux before 5.6, some sandboxes), directories are walked instead.
    """
    for _ in range(_ATTEMPTS):
        try:
            return openat2(root, path or b".", flags, mode=mode, resolve=IN_ROOT | NO_MAGICLINKS)
        except OSError as error:
            if error.errno == errno.ENOSYS:
                return _open_by_walking(root, path, flags, mode)
            if error.errno != errno.EAGAIN:  # a rename raced with a `..`: the kernel asks us to try again
                raise
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def open_directory(root: int, path: bytes, make: Make | None = None) -> int:
    """Open the directory `path` inside `root`; components that are missing are made with `make`."""
    try:
        return open_in_root(root, path, DIRECTORY)
    except OSError as error:
        if make is None or error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise
    return walk(root, path, make)


def walk(root: int, path: bytes, make: Make | None = None) -> int:
    """Open the directory `path` inside `root` one component at a time, making what is missing.

    Links are read and followed here, so nothing is made outside the root. One descriptor is held at a time.
    """
    pending = _components(path)[::-1]
    trail: list[bytes] = []
    links = 0
    here = os.open(b".", DIRECTORY, dir_fd=root)
    try:
        while pending:
            name = pending.pop()
            if name == b"..":
                trail = trail[:-1]
                here = _replace(here, _reopen(root, trail))
                continue
            found = _step(here, name, make)
            if isinstance(found, int):
                here = _replace(here, found)
                trail.append(name)
                continue
            links += 1
            if links > _LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            if found.startswith(b"/"):
                trail = []
                here = _replace(here, _reopen(root, trail))
            pending.extend(_components(found)[::-1])
    except BaseException:
        os.close(here)
        raise
    return here


def remove(directory: int, name: bytes) -> None:
    """Remove `name` from `directory`, with all that is below it; links are removed, never followed.

    Depth costs names, not stack nor descriptors. Another process moving directories about at the same time
    makes it stop with an error and never makes it leave the tree.
    """
    try:
        os.unlink(name, dir_fd=directory)
        return
    except OSError as error:
        if error.errno not in (errno.EISDIR, errno.EPERM):
            raise
    _remove_tree(directory, name)


def magic_path(descriptor: int) -> str:
    """Name an open file so that calls by path reach exactly it, even one opened with O_PATH."""
    return f"/proc/self/fd/{descriptor}"


def xattrs(descriptor: int) -> dict[str, bytes]:
    """Read every extended attribute of an open file or directory; a file system without them has none."""
    try:
        names = os.listxattr(descriptor)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise
    return {name: os.getxattr(descriptor, name) for name in names}


def _components(path: bytes) -> list[bytes]:
    return [name for name in path.split(b"/") if name not in (b"", b".")]


def _replace(old: int, new: int) -> int:
    os.close(old)
    return new


def _reopen(root: int, trail: list[bytes]) -> int:
    here = os.open(b".", DIRECTORY, dir_fd=root)
    for name in trail:
        try:
            below = os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here


def _step(here: int, name: bytes, make: Make | None) -> int | bytes:
    """Open the directory `name`, or read the link of that name."""
    for attempt in (0, 1):
        try:
            return os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            failure = error
        if failure.errno != errno.ENOENT:
            try:
                return os.readlink(name, dir_fd=here)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOENT):
                    raise
        if make is None or attempt:
            raise failure
        make(here, name)
    raise AssertionError("the loop above returns or raises")


def _open_by_walking(root: int, path: bytes, flags: int, mode: int) -> int:
    if flags & os.O_DIRECTORY:
        return walk(root, path)
    parent, _, name = path.rstrip(b"/").rpartition(b"/")
    directory = walk(root, parent)
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=directory)
    finally:
        os.close(directory)


def _remove_tree(directory: int, name: bytes) -> None:
    here = os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
    parents: list[tuple[int, int]] = []
    try:
        levels = [(name, _empty(here))]
        while True:
            name, pending = levels[-1]
            if pending:
                below = os.open(pending[-1], DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                parents.append(_identity(here))
                here = _replace(here, below)
                levels.append((pending.pop(), _empty(here)))
                continue
            levels.pop()
            if not levels:
                break
            here = _replace(here, _ascend(here, parents.pop()))
            os.rmdir(name, dir_fd=here)
    finally:
        os.close(here)
    os.rmdir(name, dir_fd=directory)


def _identity(here: int) -> tuple[int, int]:
    status = os.fstat(here)
    return status.st_dev, status.st_ino


def _ascend(here: int, expected: tuple[int, int]) -> int:
    """Open the parent, unless the directory has been moved elsewhere since we came down."""
    parent = os.open(b"..", DIRECTORY, dir_fd=here)
    if _identity(parent) != expected:
        os.close(parent)
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
    return parent


def _empty(here: int) -> list[bytes]:
    """Unlink what is not a directory and remove what is empty; name the directories that are left."""
    left: list[bytes] = []
    for name in map(os.fsencode, os.listdir(here)):
        try:
            os.unlink(name, dir_fd=here)
            continue
        except OSError as error:
            if error.errno not in (errno.EISDIR, errno.EPERM):
                raise
        try:
            os.rmdir(name, dir_fd=here)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            left.append(name)
    return left
