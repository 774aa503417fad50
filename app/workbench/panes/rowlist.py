"""A list that draws only the rows it shows and keeps its place by key, whatever comes and goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click, Focus, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.workbench.keys import LIST, bindings
from app.workbench.paint import Painted
from app.workbench.rows import Filter, Row, layout, line
from app.workbench.spans import Span, wrap
from app.workbench.yard import Kind, Lists

MARK = "▌"
"""Stands before the row under the cursor, so that it is told apart without colour."""
CHOSEN = "◆"
"""Stands before a marked row."""


class RowList(Painted, ScrollView, can_focus=True):
    """One of the four lists; a subclass makes its rows."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIST)]
    kind: ClassVar[Kind]
    number: ClassVar[int]
    heading: ClassVar[str]
    nothing: ClassVar[str]
    """What an empty list says."""

    class Moved(Message):
        """The cursor stands on another row (or on none)."""

        def __init__(self, rows: RowList) -> None:
            super().__init__()
            self.rows = rows

    class Opened(Message):
        """The row under the cursor was opened."""

    def __init__(self) -> None:
        super().__init__(id=f"pane-{self.kind}")
        self.filter = Filter()
        self.cursor = 0
        self.marked: set[str] = set()
        """Keys of the rows that the next action is for."""
        self._all: list[Row] = []
        self._rows: list[Row] = []
        self._columns: list[int] = []
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
    def every(self) -> Sequence[Row]:
        """All rows, whether they are shown or not."""
        return self._all

    @property
    def keys(self) -> list[str]:
        """The keys of the rows that are shown."""
        return [row.key for row in self._rows]

    def show(self, lists: Lists, now: float) -> None:
        """Show what there is now; cursor and scroll stay, and nothing unchanged is drawn again."""
        self._shown = lists, now
        rows = self.make(lists, now, self.content_size.width)
        if rows != self._all or not self._known:
            self._known = True
            self._all = rows
            self.marked &= {row.key for row in rows}
            self._narrow()

    @property
    def chosen(self) -> list[Row]:
        """The marked rows, whether they are shown or not."""
        return [row for row in self._all if row.key in self.marked]

    def unmark(self) -> None:
        """Mark nothing."""
        self.marked.clear()
        self._entitle()
        self.refresh()

    def action_mark(self) -> None:
        """Mark the row, or no longer, and go on to the next one."""
        if self.current:
            self.marked ^= {self.current.key}
            self._entitle()
            self.refresh()
            self._move(self.cursor + 1)

    def narrow(self, text: str) -> None:
        """Show only the rows that match."""
        self.filter = Filter(text)
        self._narrow()

    def select(self, key: str) -> bool:
        """Put the cursor on a row; tell whether there is such a row."""
        if key not in self.keys:
            return False
        self._move(self.keys.index(key))
        return True

    def _narrow(self) -> None:
        before, place = self.current, self.cursor
        old_rows, old_columns = self._rows, self._columns
        self._rows = self.filter.keep(self._all)
        self._columns = layout(self._rows, self.content_size.width - 2)
        keys = self.keys
        self.cursor = (
            keys.index(before.key) if before and before.key in keys else max(0, min(place, len(keys) - 1))
        )
        self._entitle()
        self.virtual_size = Size(0, len(self._rows))
        if len(old_rows) == len(self._rows) and old_columns == self._columns and self._rows:
            self._refresh_changed(old_rows)
        else:
            self.refresh()
        if (before and before.key) != (self.current and self.current.key) or len(old_rows) != len(self._rows):
            # Rows that have just come can be scrolled to only when they have been laid out.
            same = before and self.current and before.key == self.current.key
            self.call_after_refresh(self._show_cursor, self.cursor - place if same else 0)
        if before != self.current:
            self.post_message(self.Moved(self))

    def _refresh_changed(self, old: Sequence[Row]) -> None:
        top = self.scroll_offset.y
        for y in range(top, min(top + self.content_size.height, len(old))):
            if old[y] != self._rows[y]:
                self.refresh(Region(0, y - top, self.content_size.width, 1))

    def _entitle(self) -> None:
        counted = f"{len(self._rows)}"
        if self.filter.text:
            counted += f"/{len(self._all)} ⟨{self.filter.text}⟩"
        if self.marked:
            counted += f" · {CHOSEN}{len(self.marked)}"
        text = f"{self.number} {self.heading}" + (f" · {counted}" if self._known and self._all else "")
        self.border_title = text.replace("[", "\\[")

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.content_size.width
        place = y + self.scroll_offset.y
        if not self._rows:
            return self.strip([Span(" "), Span(self._apology(y, width - 2), "dim")], width)
        if place >= len(self._rows):
            return self.strip([], width)
        spans = line(self._rows[place], self._columns, width - 2)
        chosen = self._rows[place].key in self.marked
        if place != self.cursor:
            return self.strip([Span(CHOSEN, "accent") if chosen else Span(" "), *spans], width)
        if not self.has_focus:
            return self.strip([Span(CHOSEN if chosen else MARK, "rule"), *spans], width)
        said = [Span(CHOSEN if chosen else MARK, "accent"), *(Span(span.text) for span in spans)]
        return self.strip(said, width, role="chosen")

    def _apology(self, y: int, width: int) -> str:
        if not self._known:
            return ""
        text = f"nothing matches {self.filter.text}" if self.filter.text and self._all else self.nothing
        lines = wrap(text, width)
        return lines[y] if y < len(lines) else ""

    def on_resize(self, event: Resize) -> None:
        """Make the rows for the new width, and lay the columns out."""
        if self._known:
            self.show(*self._shown)
        self._columns = layout(self._rows, self.content_size.width - 2)
        self._show_cursor()
        self.refresh()

    def on_focus(self, event: Focus) -> None:
        """Select what the cursor stands on."""
        self.post_message(self.Moved(self))
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor as resting."""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the row that was clicked; open it on a double click."""
        place = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= place < len(self._rows):
            self._move(place)
            if event.chain == 2:
                self.post_message(self.Opened())

    def _move(self, to: int) -> None:
        to = max(0, min(to, len(self._rows) - 1))
        if to == self.cursor or not self._rows:
            return
        top = self.scroll_offset.y
        for y in (self.cursor, to):
            self.refresh(Region(0, y - top, self.content_size.width, 1))
        self.cursor = to
        self._show_cursor()
        self.post_message(self.Moved(self))

    def _show_cursor(self, moved: int = 0) -> None:
        """Scroll until the cursor is seen; rows that come above a scrolled list move nothing."""
        height = max(1, self.content_size.height)
        top = self.scroll_offset.y
        to = top + moved if top else 0
        if not to <= self.cursor < to + height:
            to = self.cursor if self.cursor < to else self.cursor - height + 1
        if to != top:
            self.scroll_to(y=to, animate=False, immediate=True, force=True)

    def action_cursor_down(self) -> None:
        """Move down."""
        self._move(self.cursor + 1)

    def action_cursor_up(self) -> None:
        """Move up."""
        self._move(self.cursor - 1)

    def action_cursor_first(self) -> None:
        """Move to the first row."""
        self._move(0)

    def action_cursor_last(self) -> None:
        """Move to the last row."""
        self._move(len(self._rows) - 1)

    def action_page_down(self) -> None:
        """Move a page down."""
        self._move(self.cursor + max(1, self.content_size.height - 1))

    def action_page_up(self) -> None:
        """Move a page up."""
        self._move(self.cursor - max(1, self.content_size.height - 1))

    def action_open(self) -> None:
        """Open the row."""
        self.post_message(self.Opened())

    async def action_filter(self) -> None:
        """Ask what to narrow the list to, before the next key is looked at."""
        await self.run_action("screen.filter")
