"""Rows under headings: which columns a width has room for, how rows are sorted and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from app.workbench.spans import Span, cut, width_of

GAP = 2
ELASTIC = 12
"""The least cells of a column that takes what is left."""
UP, DOWN = "▲", "▼"


class Cell(NamedTuple):
    """What stands in one column of a row."""

    text: str
    role: str = "plain"
    weight: float | str | None = None
    """What it is sorted by; None: by its text, without regard to case."""

    @property
    def order(self) -> tuple[bool, float, str]:
        """Sort figures before words."""
        if isinstance(self.weight, (int, float)):
            return False, self.weight, ""
        return True, 0, (self.text if self.weight is None else self.weight).casefold()


class Column(NamedTuple):
    """One column that a list can have."""

    id: str
    """As the configuration calls it."""
    heading: str
    rank: int = 0
    """The higher, the sooner it is left out where there is little room; 0 never is."""
    right: bool = False
    """Whether figures stand at its right edge."""
    least: int = 0
    """Cells that it has at least, lest it jumps when a figure grows."""
    most: int = 40
    """Cells that it has at most; 0: whatever is left."""
    descending: bool = False
    """Whether one wants to see the greatest first."""


class Order(NamedTuple):
    """What a list is sorted by."""

    column: str = ""
    """Empty: in the list's own order."""
    reverse: bool = False

    @property
    def arrow(self) -> str:
        """Point to where the greater ones stand."""
        return DOWN if self.reverse else UP


Cells = Mapping[str, Cell]
_NOTHING = Cell("")


def sort_key(cells: Cells, column: str) -> tuple[bool, float, str]:
    """Return what a row is sorted by."""
    return cells.get(column, _NOTHING).order


class Table:
    """The columns of one list at one width."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Cells], width: int, sign: int = 0) -> None:
        """Choose columns and widths; `sign` cells stand before the first one; empty ones are left out."""
        self._sign = sign
        columns = [one for one in columns if not one.rank or any(row[one.id].text for row in rows)]
        natural = {one.id: _natural(one, rows) for one in columns}
        room = width - sign + GAP
        chosen: dict[str, int] = {}
        for column in sorted(columns, key=lambda one: one.rank):
            wanted = natural[column.id] if column.most else min(natural[column.id], ELASTIC)
            if not column.rank:
                wanted = min(wanted, max(ELASTIC, room - GAP))
            if column.rank and wanted + GAP > room:
                break
            chosen[column.id] = wanted
            room -= wanted + GAP
        for column in columns:
            if column.id in chosen and (not column.most or natural[column.id] > chosen[column.id]):
                more = min(max(0, room), natural[column.id] - chosen[column.id])
                chosen[column.id] += more
                room -= more
        self.columns = [(one, chosen[one.id]) for one in columns if one.id in chosen]

    def heading(self, order: Order) -> list[Span]:
        """Head the columns; an arrow tells which one they are sorted by."""
        spans = [Span(" " * self._sign)]
        for column, width in self.columns:
            sorted_by = column.id == order.column
            text = cut(f"{column.heading}{order.arrow}" if sorted_by else column.heading, width)
            role = "accent strong" if sorted_by else "dim"
            spans += [*_aligned(Span(text, role), width, right=column.right), Span(" " * GAP)]
        return spans[:-1]

    def line(self, sign: Span, cells: Cells) -> list[Span]:
        """Lay one row out."""
        spans = [Span(f"{sign.text:<{self._sign}}", sign.role)] if self._sign else []
        for column, width in self.columns:
            cell = cells.get(column.id, _NOTHING)
            text = Span(cut(cell.text, width), cell.role)
            spans += [*_aligned(text, width, right=column.right), Span(" " * GAP)]
        return spans[:-1]

    def column_at(self, x: int) -> Column | None:
        """Name the column that holds a cell of the line."""
        at = self._sign
        for column, width in self.columns:
            if at <= x < at + width + GAP:
                return column
            at += width + GAP
        return None


def _natural(column: Column, rows: Sequence[Cells]) -> int:
    """Count the cells that a column would like, with room for the arrow."""
    longest = max((cell_len(row[column.id].text) for row in rows if column.id in row), default=0)
    wanted = max(longest, column.least, cell_len(column.heading) + 1)
    return min(wanted, column.most) if column.most else wanted


def _aligned(text: Span, width: int, *, right: bool) -> list[Span]:
    rest = Span(" " * (width - width_of([text])))
    return [rest, text] if right else [text, rest]
