"""Locks between processes: flock(2) on a file or a directory.

A lock belongs to the open file, so the threads of one process exclude each other too, and the kernel releases
it when its owner dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os


class Lock:
    """Hold the file or directory `path` locked inside a `with` block.

    A missing file is made, unless `create` is False; what cannot be opened raises OSError.
    """

    def __init__(self, path: str, *, shared: bool = False, create: bool = True) -> None:
        self.path = path
        self.create = create
        self.mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._descriptor = -1

    @property
    def held(self) -> bool:
        """Tell whether this object holds the lock."""
        return self._descriptor >= 0

    def acquire(self) -> None:
        """Wait for the lock."""
        self._lock(self.mode)

    def try_acquire(self) -> bool:
        """Take the lock if it is free; tell whether it was."""
        try:
            self._lock(self.mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def still_there(self) -> bool:
        """Tell whether `path` is still what this object holds, and not gone or replaced."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(self.path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give the lock back; harmless if it is not held."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _lock(self, operation: int) -> None:
        if self.held:
            raise RuntimeError(f"{self.path} is already locked by this object")
        if self.create:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        else:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, operation)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def is_locked(path: str) -> bool:
    """Tell whether somebody holds `path` exclusively; a missing file is not locked."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
