"""One row of cells: what stands in each and the pen it was written with."""

from __future__ import annotations

from collections.abc import Sequence

from app.terminal.pens import PLAIN, Pen

BLANK = " "
BEHIND = ""
"""Stands in the second cell of a wide character."""


class Row:
    """Cells; a character with its combining marks is one string."""

    __slots__ = ("drawn", "pens", "texts", "used", "wide", "wrapped")

    def __init__(self, width: int, pen: Pen = PLAIN) -> None:
        self.texts = [BLANK] * width
        self.pens = [pen] * width
        self.used = 0 if pen is PLAIN else width
        """The cells from here on were never written."""
        self.wide = False
        """Whether there may be wide characters."""
        self.wrapped = False
        """Whether the row below goes on with the same line."""
        self.drawn: object = None
        """Whatever was made of it to show it; None once it has changed."""

    def put(self, at: int, text: Sequence[str], pen: Pen) -> None:
        """Write narrow characters; the row must have room for them."""
        end = at + len(text)
        if end > self.used:
            self.used = end
        if self.wide:
            self._part(at)
            self._part(end)
        self.texts[at:end] = text
        self.pens[at:end] = [pen] * len(text)
        self.drawn = None

    def put_wide(self, at: int, character: str, pen: Pen) -> None:
        """Write a character that takes two cells."""
        self.wide = True
        self.put(at, (character, BEHIND), pen)

    def combine(self, at: int, mark: str) -> None:
        """Add a mark to the character in a cell."""
        if at > 0 and self.texts[at] == BEHIND:
            at -= 1
        if len(self.texts[at]) < 16:
            self.texts[at] += mark
        self.drawn = None

    def erase(self, start: int, end: int, pen: Pen) -> None:
        """Blank cells; half of a wide character takes the other half with it."""
        if end > start:
            self.put(start, [BLANK] * (end - start), pen)

    def insert(self, at: int, count: int, pen: Pen) -> None:
        """Push the cells from `at` on to the right; what leaves the row is gone."""
        width = len(self.texts)
        count = min(count, width - at)
        self._part(at)
        self._part(width - count)
        self.texts[at:] = [BLANK] * count + self.texts[at : width - count]
        self.pens[at:] = [pen] * count + self.pens[at : width - count]
        self.used = width
        self.drawn = None

    def delete(self, at: int, count: int, pen: Pen) -> None:
        """Pull the cells behind `at + count` to the left."""
        width = len(self.texts)
        count = min(count, width - at)
        self._part(at)
        self._part(at + count)
        self.texts[at:] = self.texts[at + count :] + [BLANK] * count
        self.pens[at:] = self.pens[at + count :] + [pen] * count
        self.used = width
        self.drawn = None

    def resize(self, width: int) -> None:
        """Cut the row, or make it longer with blanks."""
        missing = width - len(self.texts)
        if missing < 0:
            self._part(width)
        self.texts = self.texts[:width] + [BLANK] * missing
        self.pens = self.pens[:width] + [PLAIN] * missing
        self.used = min(self.used, width)
        self.drawn = None

    def trim(self) -> None:
        """Forget the cells behind the last that was ever written: rows of the past are many."""
        del self.texts[self.used :], self.pens[self.used :]

    @property
    def text(self) -> str:
        """What is written in it, blanks at the end too."""
        return "".join(self.texts)

    def _part(self, at: int) -> None:
        """Blank the wide character that an edge before cell `at` would cut in two."""
        if 0 < at < len(self.texts) and self.texts[at] == BEHIND:
            self.texts[at - 1] = self.texts[at] = BLANK
