"""Reading one file for its digest, while others may be writing it."""

from __future__ import annotations

import errno
import os
import stat

from engine.build.context.folder import status_of
from engine.build.context.memo import Status

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CAPABILITY = "security.capability"
_PIECE = 1 << 20
_ATTEMPTS = 3


def read(directory: int, name: bytes) -> tuple[Status, bytes, bytes]:
    """Read a regular file; return its status, its sha256 and its file capabilities.

    One that changes meanwhile is read again, a few times. Raises OSError, ENXIO if it is no regular file.
    """
    descriptor = os.open(name, _READ, dir_fd=directory)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        for _ in range(_ATTEMPTS):
            digest = _digest(descriptor, status.st_size)
            before, status = status, os.fstat(descriptor)
            if (before.st_mtime_ns, before.st_ctime_ns) == (status.st_mtime_ns, status.st_ctime_ns):
                break
            os.lseek(descriptor, 0, os.SEEK_SET)
        return status_of(status), digest, _capability(descriptor)
    finally:
        os.close(descriptor)


def _digest(descriptor: int, size: int) -> bytes:
    from hashlib import sha256

    data = os.read(descriptor, min(size + 1, _PIECE))
    total = sha256(data)
    while data and len(data) != size:
        data = os.read(descriptor, _PIECE)
        total.update(data)
    return total.digest()


def _capability(descriptor: int) -> bytes:
    try:
        if _CAPABILITY in os.listxattr(descriptor):
            return os.getxattr(descriptor, _CAPABILITY)
    except OSError:
        pass  # a file system without attributes, or one that went away
    return b""
