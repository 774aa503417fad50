"""A terminal that is written on line by line, with some lines at the bottom that change."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TextIO

from app.cli.build.palette import Line, cells, coloured, painted

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronized output: a terminal that knows it shows the whole picture or none of it."""
WITHOUT_TERMINAL = 100
"""Columns where nobody says how many there are."""
WIDEST = 120
"""No line is wider than the eye can follow from its beginning to its end."""


class Screen:
    """Lines that stay, and below them lines that the next drawing replaces."""

    def __init__(self, out: TextIO, environment: Mapping[str, str]) -> None:
        self._out = out
        terminal = out.isatty()
        self.moves = terminal and environment.get("TERM") != "dumb"
        """Whether lines can be replaced at all."""
        self._colour = terminal and coloured(environment)
        self._drawn: list[int] = []
        """The widths of the lines that the next drawing replaces."""
        self._last = ""

    def size(self) -> tuple[int, int]:
        """Measure it: columns and rows; one column is left free, where some terminals wrap early."""
        try:
            columns, rows = os.get_terminal_size(self._out.fileno())
        except (OSError, ValueError):
            return WITHOUT_TERMINAL, 24
        return min(max((columns or 80) - 1, 8), WIDEST), max(rows or 24, 3)

    def draw(self, staying: Sequence[Line], changing: Sequence[Line] = ()) -> None:
        """Put `staying` where the changing lines were, and `changing` below, in one write."""
        clear = "\x1b[K\n" if self.moves else "\n"
        body, foot = (
            "".join(painted(line, self._colour) + clear for line in lines) for lines in (staying, changing)
        )
        if not self.moves:
            self._write(body)
            return
        if not body and foot == self._last:
            return
        up = sum(self._rows(width) for width in self._drawn)
        lead = f"\x1b[{up}A\r" if up else "\r"
        self._write(f"{BEGIN}{lead}{body}{foot}\x1b[J{END}")
        self._drawn = [cells(line) for line in changing]
        self._last = foot

    def _rows(self, width: int) -> int:
        """Count the rows a line takes by now: a terminal made narrower has wrapped it."""
        columns = self.size()[0] + 1  # what `size` keeps free
        return max(1, -(-width // columns))

    def _write(self, text: str) -> None:
        if text:
            self._out.write(text)
            self._out.flush()
