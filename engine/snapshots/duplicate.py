"""Copying single nodes of a tree with all that belongs to them."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator

_FICLONE = 0x40049409
_CANNOT = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY, errno.EBADF, errno.EPERM)
_SMALL = 64 << 10
_PIECE = 1 << 30


def duplicate(source: str, status: os.stat_result, target: str) -> None:
    """Make `target` what `source` is, a directory without its entries; its times are left for `describe`."""
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFDIR:
        os.mkdir(target, 0o700)
    elif kind == stat.S_IFLNK:
        os.symlink(os.readlink(source), target)
    elif kind == stat.S_IFREG:
        _copy_file(source, status, target)
    else:
        os.mknod(target, kind | 0o600, status.st_rdev)


def describe(source: str, status: os.stat_result, target: str) -> None:
    """Give `target` the owner, mode, attributes and times of `source`.

    A directory is described after it was filled.
    """
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    if not stat.S_ISLNK(status.st_mode):
        os.chmod(target, stat.S_IMODE(status.st_mode))
    for name in attributes(source):
        os.setxattr(target, name, os.getxattr(source, name, follow_symlinks=False), follow_symlinks=False)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


def attributes(path: str) -> list[str]:
    """List a file's own extended attributes: not overlayfs's, nor the host's security modules'."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return []
        raise
    return [
        name
        for name in names
        if not name.startswith(("trusted.overlay.", "user.overlay."))
        and (not name.startswith("security.") or name == "security.capability")
    ]


def _copy_file(source: str, status: os.stat_result, target: str) -> None:
    into = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if status.st_size:
            origin = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                copy_data(origin, into, status)
            finally:
                os.close(origin)
    finally:
        os.close(into)


def copy_data(origin: int, into: int, status: os.stat_result) -> None:
    """Copy what an open file holds into an empty one, with its holes; blocks are shared where they can be."""
    if _clone(origin, into):
        return
    os.ftruncate(into, status.st_size)
    whole = status.st_blocks * 512 >= status.st_size
    for begin, end in [(0, status.st_size)] if whole else _parts(origin, status.st_size):
        _copy_range(origin, into, begin, end)


def _clone(origin: int, into: int) -> bool:
    """Share the blocks, on file systems that can."""
    try:
        fcntl.ioctl(into, _FICLONE, origin)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        return False
    return True


def _parts(origin: int, size: int) -> Iterator[tuple[int, int]]:
    """Find what is not a hole."""
    end = 0
    while end < size:
        try:
            begin = os.lseek(origin, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        end = os.lseek(origin, begin, os.SEEK_HOLE)
        yield begin, end


def _copy_range(origin: int, into: int, begin: int, end: int) -> None:
    while begin < end:
        try:
            copied = 0
            if end - begin > _SMALL:
                copied = os.copy_file_range(origin, into, min(end - begin, _PIECE), begin, begin)
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
            copied = 0
        copied = copied or os.pwrite(into, os.pread(origin, min(end - begin, 1 << 20), begin), begin)
        if not copied:
            return
        begin += copied
