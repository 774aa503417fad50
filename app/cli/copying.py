"""The line that tells how far a copy has come, and at its end what was copied where."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_PATIENCE, _INTERVAL = 0.2, 0.1
"""Seconds before the line appears, and between two redraws."""


class CopyLine:
    """A line on stderr; `quiet` keeps it silent."""

    def __init__(self, doing: str, *, quiet: bool) -> None:
        self._doing, self._quiet = doing, quiet
        self._next = time.monotonic() + _PATIENCE
        self._drawn = False

    def __enter__(self) -> CopyLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def __call__(self, size: int) -> None:
        """Tell how many bytes have gone by."""
        now = time.monotonic()
        if self._quiet or now < self._next:
            return
        self._next, self._drawn = now + _INTERVAL, True
        sys.stderr.write(f"\r\x1b[K{self._doing} - {_size(size)}")
        sys.stderr.flush()

    def done(self, size: int, place: str) -> None:
        """Tell what was copied where."""
        self._clear()
        if not self._quiet:
            sys.stderr.write(f"Successfully copied {_size(size)} to {place}\n")

    def _clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            self._drawn = False


def _size(size: int) -> str:
    from app.units import human_size

    return human_size(size, 3)
