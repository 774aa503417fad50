"""One line on the terminal that tells how far a long read has come."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.images.records import Progress as Report

INTERVAL = 0.1
"""Seconds between two redraws."""


class Progress:
    """A line on stderr, redrawn in place; silent when stderr is not a terminal.

    It is what the engine's long calls report to.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._start = self._drawn = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, report: Report) -> None:
        """Tell how far the work has come."""
        now = time.monotonic()
        if not self._shown or now - self._drawn < INTERVAL:
            return
        self._drawn = now
        from app.units import human_size

        rate = human_size(report.current / max(now - self._start, 1e-3))
        total = f" of {human_size(report.total)}" if report.total else ""
        sys.stderr.write(f"\r{report.phase}: {human_size(report.current)}{total} ({rate}/s)\x1b[K")
        sys.stderr.flush()
