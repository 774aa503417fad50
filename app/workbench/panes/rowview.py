"""A list as it is drawn: the rows it shows and no others, in its place by key, whatever comes and goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.events import Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.workbench.columns import COLUMNS
from app.workbench.filter import Filter
from app.workbench.paint import Painted
from app.workbench.rows import Row, layout, line
from app.workbench.spans import Span, wrap
from app.workbench.table import Column, Order, Table, sort_key
from app.workbench.yard import Kind, Lists

MARK = "▌"
"""Stands before the row under the cursor, so that it is told apart without colour."""
CHOSEN = "◆"
"""Stands before a marked row."""
TABLE = 56
"""Cells from which on a list has columns with headings."""
LOW = 4
"""Lines from which on there is room for headings."""


class RowView(Painted, ScrollView):
    """One of the four lists; a subclass makes its rows."""

    kind: ClassVar[Kind]
    number: ClassVar[int]
    heading: ClassVar[str]
    nothing: ClassVar[str]
    """What an empty list says."""
    own_order: ClassVar[str]
    """How its rows stand when nobody has sorted them."""

    class Moved(Message):
        """The cursor stands on another row (or on none)."""

        def __init__(self, rows: RowView) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self) -> None:
        super().__init__(id=f"pane-{self.kind}")
        self.filter = Filter()
        self.order = Order()
        self.columns: Sequence[Column] = COLUMNS[self.kind]
        self.cursor = 0
        self.marked: set[str] = set()
        """Keys of the rows that the next action is for."""
        self._all: list[Row] = []
        self._rows: list[Row] = []
        self._layout: list[int] = []
        self._table: Table | None = None
        self._known = False
        self._shown = Lists(), 0.0
        self._entitle()

    def make(self, lists: Lists, now: float, width: int) -> list[Row]:
        """Make the rows of this list."""
        raise NotImplementedError

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    @property
    def keys(self) -> list[str]:
        """The keys of the rows that are shown."""
        return [row.key for row in self._rows]

    @property
    def every(self) -> Sequence[Row]:
        """All rows, whether they are shown or not."""
        return self._all

    @property
    def chosen(self) -> list[Row]:
        """The marked rows, whether they are shown or not."""
        return [row for row in self._all if row.key in self.marked]

    def show(self, lists: Lists, now: float) -> None:
        """Show what there is now; cursor and scroll stay, and nothing unchanged is drawn again."""
        self._shown = lists, now
        rows = self.make(lists, now, self.content_size.width)
        if rows != self._all or not self._known:
            self._known = True
            self._all = rows
            self.marked &= {row.key for row in rows}
            self._narrow()

    def narrow(self, text: str) -> None:
        """Show only the rows that match."""
        self.filter = Filter(text)
        self._narrow()
        self.refresh()

    def choose(self, columns: Sequence[Column]) -> None:
        """Show these columns where there is room."""
        self.columns = columns
        self._narrow()
        self.refresh()

    def sort(self, order: Order) -> None:
        """Let the rows stand in another order; the cursor stays on its row."""
        self.order = order
        self._narrow()
        self.refresh()
        self._show_cursor()

    def select(self, key: str) -> bool:
        """Put the cursor on a row; tell whether there is such a row."""
        if key not in self.keys:
            return False
        self._move(self.keys.index(key))
        return True

    def _narrow(self) -> None:
        before, place = self.current, self.cursor
        old_rows, old_columns = self._rows, self._widths
        self._rows = [row for row in self._all if self.filter.fits(*row.said)]
        if self.order.column:
            by = self.order.column
            self._rows.sort(key=lambda row: sort_key(row.cells, by), reverse=self.order.reverse)
        self._lay_out()
        keys = self.keys
        self.cursor = (
            keys.index(before.key) if before and before.key in keys else max(0, min(place, len(keys) - 1))
        )
        self._entitle()
        if len(old_rows) == len(self._rows) and old_columns == self._widths and self._rows:
            self._refresh_changed(old_rows)
        else:
            self.refresh()
        if (before and before.key) != (self.current and self.current.key) or len(old_rows) != len(self._rows):
            # Rows that have just come can be scrolled to only when they have been laid out.
            same = before and self.current and before.key == self.current.key
            self.call_after_refresh(self._show_cursor, self.cursor - place if same else 0)
        if before != self.current:
            self.post_message(self.Moved(self))

    @property
    def _widths(self) -> object:
        """What must be the same for a row to be drawn alone."""
        return self._table.columns if self._table else self._layout

    @property
    def head(self) -> int:
        """Lines that the headings take."""
        return 1 if self._table else 0

    def _lay_out(self) -> None:
        """Fit the columns to the width: with headings, or else names and what matters most."""
        width, height = self.content_size
        self._table = None
        if width >= TABLE and height >= LOW and self._rows:
            sign = 2 if any(row.mark.text for row in self._rows) else 0
            self._table = Table(self.columns, [row.cells for row in self._rows], width - 2, sign)
        self._layout = [] if self._table else layout(self._rows, width - 2)
        self.virtual_size = Size(0, len(self._rows) + self.head)

    def _refresh_changed(self, old: Sequence[Row]) -> None:
        top = self.scroll_offset.y
        for place in range(top, min(top + self.content_size.height, len(old))):
            if old[place] != self._rows[place]:
                self._refresh_row(place)

    def _refresh_row(self, place: int) -> None:
        self.refresh(Region(0, place - self.scroll_offset.y + self.head, self.content_size.width, 1))

    def _entitle(self) -> None:
        counted = f"{len(self._rows)}"
        if self.filter.text:
            counted += f"/{len(self._all)} ⟨{self.filter.text}⟩"
        if self.marked:
            counted += f" · {CHOSEN}{len(self.marked)}"
        if self.order.column and not self._table:
            counted += f" · {self.order.arrow}{self.order.column}"
        text = f"{self.number} {self.heading}" + (f" · {counted}" if self._known and self._all else "")
        self.border_title = text.replace("[", "\\[")

    def render_line(self, y: int) -> Strip:
        """Draw the headings, or one row."""
        width = self.content_size.width
        if self._table and y == 0:
            return self.strip([Span(" "), *self._table.heading(self.order)], width)
        place = y - self.head + self.scroll_offset.y
        if not self._rows:
            return self.strip([Span(" "), Span(self._apology(y, width - 2), "dim")], width)
        if place >= len(self._rows):
            return self.strip([], width)
        row = self._rows[place]
        spans = self.filter.marked(
            self._table.line(row.mark, row.cells) if self._table else line(row, self._layout, width - 2)
        )
        sign = CHOSEN if row.key in self.marked else MARK if place == self.cursor else " "
        if place != self.cursor:
            return self.strip([Span(sign, "accent"), *spans], width)
        if not self.has_focus:
            return self.strip([Span(sign, "rule"), *spans], width)
        said = [span if span.role == "found" else Span(span.text) for span in spans]
        return self.strip([Span(sign, "accent"), *said], width, role="chosen")

    def _apology(self, y: int, width: int) -> str:
        if not self._known:
            return ""
        narrowed = self.filter.text and self._all
        text = f"nothing matches {self.filter.text}: Esc shows all" if narrowed else self.nothing
        lines = wrap(text, width)
        return lines[y] if y < len(lines) else ""

    def on_resize(self, event: Resize) -> None:
        """Make the rows for the new width, and lay the columns out."""
        if self._known:
            self.show(*self._shown)
        self._lay_out()
        self._entitle()
        self._show_cursor()
        self.refresh()

    def _move(self, to: int) -> None:
        to = max(0, min(to, len(self._rows) - 1))
        if to == self.cursor or not self._rows:
            return
        for place in (self.cursor, to):
            self._refresh_row(place)
        self.cursor = to
        self._show_cursor()
        self.post_message(self.Moved(self))

    def _show_cursor(self, moved: int = 0) -> None:
        """Scroll until the cursor is seen; rows that come above a scrolled list move nothing."""
        height = max(1, self.content_size.height - self.head)
        top = self.scroll_offset.y
        to = top + moved if top else 0
        if not to <= self.cursor < to + height:
            to = self.cursor if self.cursor < to else self.cursor - height + 1
        if to != top:
            self.scroll_to(y=to, animate=False, immediate=True, force=True)
