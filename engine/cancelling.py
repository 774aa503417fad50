"""A word from outside that work is to end: set once, from any thread, heard at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.errors import Cancelled


class Cancel:
    """What somebody keeps who may want the work to end that he gives it to."""

    def __init__(self) -> None:
        self._set = threading.Event()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], object]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the work is to end."""
        return self._set.is_set()

    def is_set(self) -> bool:
        """Tell the same, as `threading.Event` does."""
        return self._set.is_set()

    def cancel(self) -> None:
        """Ask for the end; a second time does nothing."""
        with self._lock:
            calls = () if self._set.is_set() else tuple(self._calls)
            self._set.set()
        for call in calls:
            call()

    def check(self) -> None:
        """Raise Cancelled if the work is to end."""
        if self._set.is_set():
            raise Cancelled("it was cancelled")

    def wait(self, seconds: float) -> bool:
        """Wait for the word, at most so long; tell whether it came."""
        return self._set.wait(seconds)

    @contextmanager
    def calling(self, call: Callable[[], object]) -> Iterator[None]:
        """Make a call, from the canceller's thread, if the word comes while the block runs or came before."""
        with self._lock:
            self._calls.append(call)
            late = self._set.is_set()
        if late:
            call()
        try:
            yield
        finally:
            with self._lock:
                self._calls.remove(call)
