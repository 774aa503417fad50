"""Following one log: a thread that sleeps until the log grows and then says so, but never in a rush."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

from engine.errors import EngineError

PAUSE = 0.1
"""Seconds between two tellings."""
Changes = Callable[[int], Iterator[None]]
"""Yields each time a log has grown, until the descriptor it was given becomes readable."""


class LogWatch:
    """Calls `grew` (from its own thread) whenever a log has grown, until it is closed."""

    def __init__(self, changes: Changes, grew: Callable[[], object], pause: float = 0) -> None:
        self._pause = pause or PAUSE
        self._over = threading.Event()
        self._stop = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._follow, args=(changes, grew), daemon=True, name="log")
        self._thread.start()

    def _follow(self, changes: Changes, grew: Callable[[], object]) -> None:
        try:
            for _ in changes(self._stop):
                if self._over.is_set():
                    break
                grew()
                self._over.wait(self._pause)
        except (EngineError, OSError):
            # What is followed was removed while it was shown; the list says so.
            pass
        finally:
            os.close(self._stop)

    def close(self) -> None:
        """Stop following; returns at once."""
        if not self._over.is_set():
            self._over.set()
            try:
                os.eventfd_write(self._stop, 1)
            except OSError:
                pass
