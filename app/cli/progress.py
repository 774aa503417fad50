"""One line on the terminal that tells how far a long read has come."""

from __future__ import annotations

import sys
import time
from types import TracebackType

INTERVAL = 0.1
"""Seconds between two redraws."""


class Progress:
    """A line on stderr, redrawn in place; silent when stderr is not a terminal.

    Call it with the number of bytes read so far.
    """

    def __init__(self, doing: str, *, quiet: bool = False) -> None:
        self._doing = doing
        self._shown = not quiet and sys.stderr.isatty()
        self._start = self._drawn = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, done: int) -> None:
        """Tell how many bytes have been read so far."""
        now = time.monotonic()
        if not self._shown or now - self._drawn < INTERVAL:
            return
        self._drawn = now
        from app.cli.units import human_size

        rate = done / max(now - self._start, 1e-3)
        sys.stderr.write(f"\r{self._doing}: {human_size(done)} ({human_size(rate)}/s)\x1b[K")
        sys.stderr.flush()
