"""A little space kept back, so that on a full disk there is room to write down what is removed."""

from __future__ import annotations

import os

SIZE = 512 << 10
"""Bytes: enough for SQLite's log of a large removal."""
LITTLE = 64 << 10
"""Bytes: enough for the memory that SQLite shares between processes, without which not even reading works."""


class Reserve:
    """One file that is given up when the disk is full, and taken again when it is not. It never raises."""

    def __init__(self, path: str) -> None:
        self.path = path

    def take(self) -> None:
        """Occupy the space, if that leaves plenty."""
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if os.fstat(descriptor).st_size < SIZE and _free(self.path) >= 4 * SIZE:
                    os.posix_fallocate(descriptor, 0, SIZE)
            finally:
                os.close(descriptor)
        except OSError:
            return

    def give(self, amount: int = SIZE) -> None:
        """Free this many bytes of it, if the disk is nearly full."""
        try:
            if _free(self.path) < amount:
                os.truncate(self.path, max(0, os.stat(self.path).st_size - amount))
        except OSError:
            return


def _free(path: str) -> int:
    state = os.statvfs(os.path.dirname(path))
    return state.f_bavail * state.f_frsize
