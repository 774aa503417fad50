"""Blobs that are not all here yet, each a file named after its digest.

They lie outside `ingest/`, because they shall outlive whoever fetches them: the next pull goes on where the
last was cut. What nobody has touched for a day is swept away.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from engine.errors import from_os
from engine.registry.cancellation import Cancellation
from engine.store.content import hexadecimal
from engine.store.locks import Lock, is_locked

_DAY = 24 * 3600.0
_POLL = 0.05


class Partial:
    """The file of one blob, which one process writes at a time."""

    def __init__(self, folder: str, name: str) -> None:
        self.path = f"{folder}/{hexadecimal(name)}"
        self._lock = Lock(self.path)

    def acquire(self, cancellation: Cancellation) -> None:
        """Wait until nobody else fetches the blob."""
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            while not (self._lock.try_acquire() and self._lock.still_there()):
                self._lock.release()
                cancellation.sleep(_POLL)
        except OSError as error:
            raise from_os(error, "cannot write to the store") from error

    def open(self) -> int:
        """Open what is here of it, for reading and writing; return the descriptor."""
        return os.open(self.path, os.O_RDWR | os.O_CLOEXEC)

    def release(self) -> None:
        """Let others go on with it."""
        self._lock.release()

    def remove(self) -> None:
        """Delete it, unless somebody else is at it."""
        try:
            if self._lock.held or self._lock.try_acquire():
                os.unlink(self.path)
        except OSError:
            return
        finally:
            self._lock.release()


def sweep(folder: str) -> None:
    """Delete what nobody has touched for a day."""
    with suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            with suppress(OSError):
                if entry.stat().st_mtime < time.time() - _DAY and not is_locked(entry.path):
                    os.unlink(entry.path)
