"""Choosing text with the mouse: from a cell to another, whatever scrolls meanwhile."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.terminal.grid import Grid
from app.terminal.rows import Row

_WORD = re.compile(r"[^\s\"'`()\[\]{}<>|;,]+")


class Cell(NamedTuple):
    """A place: the number that a row keeps when it scrolls away, and the column."""

    line: int
    x: int


class Picked(NamedTuple):
    """What is chosen, both ends included."""

    start: Cell
    end: Cell

    @classmethod
    def between(cls, one: Cell, other: Cell) -> Picked:
        """Choose what lies between two cells."""
        return cls(min(one, other), max(one, other))

    def on(self, line: int, width: int) -> tuple[int, int] | None:
        """Return the columns that are chosen in a row, the second not among them."""
        if not self.start.line <= line <= self.end.line:
            return None
        first = self.start.x if line == self.start.line else 0
        last = self.end.x + 1 if line == self.end.line else width
        return first, last


def row_at(grid: Grid, line: int) -> Row | None:
    """Find a row by its number: of the past or of the screen."""
    place = line - grid.gone
    if 0 <= place < len(grid.rows):
        return grid.rows[place]
    if -len(grid.past) <= place < 0:
        return grid.past[place]
    return None


def text_of(grid: Grid, picked: Picked) -> str:
    """Return the chosen text; rows that go on with the same line are one."""
    said = []
    for line in range(picked.start.line, picked.end.line + 1):
        row, columns = row_at(grid, line), picked.on(line, grid.width)
        if row is None or columns is None:
            continue
        text = "".join(row.texts[columns[0] : columns[1]])
        whole = row.wrapped and line < picked.end.line
        said.append(text if whole else f"{text.rstrip()}\n")
    return "".join(said).removesuffix("\n")


def word_at(grid: Grid, cell: Cell) -> Picked:
    """Choose the word around a cell."""
    row = row_at(grid, cell.line)
    # A letter for the second half of a wide character keeps columns and characters in step.
    text = "".join(text[:1] or "x" for text in row.texts) if row else ""
    for word in _WORD.finditer(text):
        if word.start() <= cell.x < word.end():
            return Picked(Cell(cell.line, word.start()), Cell(cell.line, word.end() - 1))
    return Picked(cell, cell)
