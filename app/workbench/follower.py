"""Keeping the lists true: one thread follows what happens, another reads the lists again, never in a rush."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.workbench.yard import Lists, Yard
from engine.errors import EngineError

PAUSE = 0.1
"""Seconds between two readings."""
UNTOLD = 4.0
"""Seconds after which the lists are read again though nothing was told: a killed monitor tells nothing."""


class Follower:
    """Calls `changed` (from its own thread) with the lists, at first and after every change."""

    def __init__(
        self, yard: Yard, changed: Callable[[Lists], object], failed: Callable[[EngineError], object]
    ) -> None:
        self._yard, self._changed, self._failed = yard, changed, failed
        self._dirty = threading.Event()
        self._dirty.set()
        self._over = threading.Event()
        self._alive = False

    def start(self) -> None:
        """Begin to read and to follow."""
        for work, name in ((self._follow, "happenings"), (self._read, "lists")):
            threading.Thread(target=work, daemon=True, name=name).start()

    def close(self) -> None:
        """Stop; the threads end within a second."""
        self._over.set()
        self._dirty.set()

    def again(self) -> None:
        """Read the lists again soon."""
        self._dirty.set()

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                for _ in self._yard.happenings(self._over.is_set):
                    self._dirty.set()
            except (EngineError, OSError):
                self._over.wait(1)

    def _read(self) -> None:
        before: Lists | None = None
        while not self._over.is_set():
            self._dirty.wait(UNTOLD if self._alive else None)
            self._dirty.clear()
            if self._over.is_set():
                return
            try:
                lists = self._yard.lists()
            except EngineError as error:
                self._failed(error)
                self._over.wait(1)
                continue
            self._alive = any(container.alive for container in lists.containers)
            if lists != before:
                before = lists
                self._changed(lists)
            self._over.wait(PAUSE)
