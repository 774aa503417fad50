"""The rows of a screen: scrolling, erasing, what has scrolled away, and another size."""

from __future__ import annotations

from collections import deque

from app.terminal.pens import Pen
from app.terminal.rows import Row

KEPT = 5000
"""Rows of the past that are kept."""


class Grid:
    """Rows from the top down; those that leave the top of the main screen become its past."""

    def __init__(self, width: int, height: int, *, kept: int = KEPT) -> None:
        self.width, self.height = width, height
        self.rows = [Row(width) for _ in range(height)]
        self.past: deque[Row] = deque(maxlen=kept)
        self.gone = 0
        """Rows that have ever left for the past; it numbers them."""

    def advance(self, pen: Pen) -> None:
        """Move all rows up by one: what floods do all the time."""
        row = self.rows.pop(0)
        self.rows.append(Row(self.width, pen))
        self.gone += 1
        if self.past.maxlen:
            row.trim()
            self.past.append(row)

    def scroll_up(self, top: int, bottom: int, count: int, pen: Pen) -> None:
        """Move the rows from `top` to before `bottom` up; new ones come in below."""
        count = min(count, bottom - top)
        if top == 0:
            self._let_go(self.rows[:count])
        self.drop(top, bottom, count, pen)

    def drop(self, top: int, bottom: int, count: int, pen: Pen) -> None:
        """Do the same, but lose the rows."""
        count = min(count, bottom - top)
        del self.rows[top : top + count]
        self.rows[bottom - count : bottom - count] = [Row(self.width, pen) for _ in range(count)]

    def scroll_down(self, top: int, bottom: int, count: int, pen: Pen) -> None:
        """Move the rows from `top` to before `bottom` down; new ones come in above."""
        count = min(count, bottom - top)
        del self.rows[bottom - count : bottom]
        self.rows[top:top] = [Row(self.width, pen) for _ in range(count)]

    def _let_go(self, rows: list[Row]) -> None:
        self.gone += len(rows)
        if self.past.maxlen:
            for row in rows:
                row.trim()
                self.past.append(row)

    def forget(self) -> None:
        """Drop the past (`CSI 3 J`)."""
        self.past.clear()

    def resize(self, width: int, height: int, cursor: int) -> int:
        """Take another size; return by how many rows the contents have moved up.

        What is above the cursor goes into the past when there is no room, and comes back from it.
        """
        if width != self.width:
            for row in self.rows:
                row.resize(width)
        self.width = width
        moved = 0
        if height < self.height:
            moved = max(0, cursor - height + 1)
            self._let_go(self.rows[:moved])
            self.rows = self.rows[moved : moved + height]
        elif height > self.height:
            back = min(height - self.height, len(self.past))
            returned = [self.past.pop() for _ in range(back)][::-1]
            for row in returned:
                row.resize(width)
            self.gone -= back
            moved = -back
            self.rows = returned + self.rows
            self.rows += [Row(width) for _ in range(height - len(self.rows))]
        self.height = height
        return moved

    def cleared(self) -> Grid:
        """Return an empty one of the same size with the same past."""
        fresh = Grid(self.width, self.height, kept=self.past.maxlen or 0)
        fresh.past, fresh.gone = self.past, self.gone
        return fresh
