"""Keeping the lists true: one thread follows what happens, another reads again what that changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from app.workbench.yard import Lists, Yard
from engine.errors import EngineError

PAUSE = 0.1
"""Seconds between two readings."""
SETTLING = 0.5
"""Seconds after the first reading until all is read once more, as nobody followed before."""
UNTOLD = 4.0
"""Seconds after which what lives is read again though nothing was told: who is killed tells nothing."""
ALL = frozenset(("image", "container", "volume", "build"))


class Follower:
    """Calls `changed` (from its own thread) with the lists, at first and after every change."""

    def __init__(
        self, yard: Yard, changed: Callable[[Lists], object], failed: Callable[[EngineError], object]
    ) -> None:
        self._yard, self._changed, self._failed = yard, changed, failed
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._dirty: set[str] = set()
        self._over = threading.Event()
        self._lists = Lists()
        self._told = False

    def start(self) -> None:
        """Begin to read and to follow."""
        works = (
            (self._follow, "happenings"), (self._follow_builds, "builds"), (self._follow_watches, "watches"),
            (self._read, "lists"),
        )  # fmt: skip
        for work, name in works:
            threading.Thread(target=work, daemon=True, name=name).start()

    def close(self) -> None:
        """Stop; the threads end within a second."""
        self._over.set()
        self._wake.set()

    def again(self) -> None:
        """Read everything again soon."""
        self._mark(ALL)

    def _mark(self, kinds: frozenset[str]) -> None:
        with self._lock:
            self._dirty |= kinds
        self._wake.set()

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                for happening in self._yard.happenings(self._over.is_set):
                    self._mark(ALL & {happening.type})
            except (EngineError, OSError):
                self._over.wait(1)

    def _follow_builds(self) -> None:
        self._follow_journals(self._yard.build_changes)

    def _follow_watches(self) -> None:
        self._follow_journals(self._yard.watch_changes)

    def _follow_journals(self, changes: Callable[[Callable[[], bool]], Iterator[None]]) -> None:
        while not self._over.is_set():
            try:
                for _ in changes(self._over.is_set):
                    self._mark(frozenset(("build",)))
                    # What a step prints changes no list: a flood of it is looked at now and then.
                    self._over.wait(PAUSE)
            except (EngineError, OSError):
                self._over.wait(1)

    def _read(self) -> None:
        self._try(ALL)
        self._wake.wait(SETTLING)
        self._mark(ALL)
        while not self._over.is_set():
            alive = any(one.alive for one in self._lists.containers)
            alive = alive or any(one.running for one in self._lists.builds)
            alive = alive or any(one.alive for one in self._lists.watches)
            told = self._wake.wait(UNTOLD if alive else None)
            self._wake.clear()
            with self._lock:
                kinds, self._dirty = frozenset(self._dirty), set()
            if not self._over.is_set():
                self._try(kinds if told else frozenset(("container", "build")))
                self._over.wait(PAUSE)

    def _try(self, kinds: frozenset[str]) -> None:
        """Read some of the lists; what cannot be read is tried again after a while."""
        before, yard = self._lists, self._yard
        try:
            self._lists = Lists(
                yard.images() if "image" in kinds else before.images,
                yard.containers() if "container" in kinds else before.containers,
                yard.volumes() if "volume" in kinds else before.volumes,
                yard.builds() if "build" in kinds else before.builds,
                yard.watches() if "build" in kinds else before.watches,
            )
        except EngineError as error:
            self._failed(error)
            self._over.wait(1)
            self._mark(kinds)
            return
        if not self._told or self._lists != before:
            self._told = True
            self._changed(self._lists)
