"""The lines of a pull or a push: redrawn in place on a terminal, one for each change elsewhere."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from app.cli.build.palette import Line, Span, cut
from app.cli.build.screen import Screen
from app.units import human_size

if TYPE_CHECKING:
    from engine.images.records import Transfer

_BAR = 50
_ROOM_FOR_BAR = 110
"""Columns from which on docker draws bars too."""
_INTERVAL = 0.05


class Transfers:
    """What the engine's pull and push tell, in docker's lines."""

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out = out or sys.stdout
        self._quiet = quiet
        self._screen = Screen(self._out, os.environ)
        self._lines: dict[str, Transfer] = {}
        self._drawn = 0.0

    def __enter__(self) -> Transfers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._settle()

    def __call__(self, transfer: Transfer) -> None:
        """Show one line, in the place of the one with the same id if the terminal can do that."""
        if self._quiet:
            return
        if not self._screen.moves:
            if not transfer.total:
                self._out.write(_text(transfer, 0) + "\n")
                self._out.flush()
        elif transfer.id:
            self._lines[transfer.id] = transfer
            self._draw()
        else:
            self._settle()
            self._screen.draw([(Span(_text(transfer, 0)),)])

    def _draw(self) -> None:
        now = time.monotonic()
        if now - self._drawn < _INTERVAL:
            return
        self._drawn = now
        columns, rows = self._screen.size()
        lines = self._painted(columns)
        # Above the window nothing can be redrawn: what does not fit is shown when it is over.
        self._screen.draw([], lines[: rows - 1])

    def _settle(self) -> None:
        if self._lines:
            self._screen.draw(self._painted(self._screen.size()[0]))
            self._lines.clear()

    def _painted(self, columns: int) -> list[Line]:
        return [cut((Span(_text(one, columns)),), columns) for one in self._lines.values()]


def _text(transfer: Transfer, columns: int) -> str:
    head = f"{transfer.id}: " if transfer.id else ""
    return f"{head}{transfer.status}{_progress(transfer, columns)}"


def _progress(transfer: Transfer, columns: int) -> str:
    if not transfer.total:
        return ""
    bar = ""
    if columns >= _ROOM_FOR_BAR:
        done = min(_BAR, transfer.current * _BAR // transfer.total)
        bar = f"[{('=' * done + '>' * (done < _BAR)).ljust(_BAR)}]  "
    return f" {bar}{human_size(transfer.current)}/{human_size(transfer.total)}"
