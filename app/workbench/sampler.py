"""Measuring what containers use: one thread for all of them, at work only while somebody looks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from app.workbench.usage import Usage
from app.workbench.yard import Yard
from engine.errors import EngineError

PERIOD = 2.0
"""Seconds between two samples."""


class Sampler:
    """Calls `told` (from its own thread) with every sample while `wanted` says so."""

    def __init__(
        self, yard: Yard, wanted: Callable[[], bool], told: Callable[[float, Mapping[str, Usage]], object]
    ) -> None:
        self._yard, self._wanted, self._told = yard, wanted, told
        self._over, self._wake = threading.Event(), threading.Event()

    def start(self) -> None:
        """Begin to measure."""
        threading.Thread(target=self._work, daemon=True, name="sampler").start()

    def close(self) -> None:
        """Stop; the thread ends soon."""
        self._over.set()
        self._wake.set()

    def again(self) -> None:
        """Measure at once."""
        self._wake.set()

    def _work(self) -> None:
        while not self._over.is_set():
            if self._wanted():
                try:
                    self._told(self._yard.now(), self._yard.usage())
                except (EngineError, OSError):
                    # The lists tell what is wrong with the yard.
                    pass
            self._wake.wait(PERIOD)
            self._wake.clear()
