"""A list that is gone through, marked, narrowed and sorted by keys and by the mouse."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click, Focus
from textual.message import Message

from app.workbench.keys import LIST, bindings
from app.workbench.panes.rowview import MARK, RowView
from app.workbench.table import Column, Order

__all__ = ["MARK", "RowList"]


class RowList(RowView, can_focus=True):
    """One of the four lists, with its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIST)]

    class Opened(Message):
        """The row under the cursor was opened."""

    class OrderAsked(Message):
        """Somebody wants to choose what the list is sorted by."""

        def __init__(self, rows: RowList) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self) -> None:
        super().__init__()
        self._anchor = ""
        """Key of the row that was marked last."""

    def unmark(self) -> None:
        """Mark nothing."""
        self._mark_only(set())

    def action_mark(self) -> None:
        """Mark the row, or no longer, and go on to the next one."""
        if self.current:
            self._anchor = self.current.key
            self._mark_only(self.marked ^ {self.current.key})
            self._move(self.cursor + 1)

    def action_mark_range(self) -> None:
        """Mark from the row that was marked last to this one."""
        if self.current:
            ends = [self.cursor, self.keys.index(self._anchor) if self._anchor in self.keys else self.cursor]
            self._mark_only(self.marked | set(self.keys[min(ends) : max(ends) + 1]))
            self._anchor = self.current.key

    def action_mark_all(self) -> None:
        """Mark all rows that are shown; if they are marked already, none."""
        shown = set(self.keys)
        self._mark_only(self.marked - shown if shown <= self.marked else self.marked | shown)

    def action_mark_others(self) -> None:
        """Mark those that are shown and not marked, in place of those that are."""
        self._mark_only(self.marked ^ set(self.keys))

    def _mark_only(self, keys: set[str]) -> None:
        self.marked = keys
        self._entitle()
        self.refresh()

    def sort_by(self, column: Column) -> None:
        """Sort by a column: its likelier way first, the other way when it is chosen again."""
        again = self.order.column == column.id
        self.sort(Order(column.id, not self.order.reverse if again else column.descending))

    def action_order(self) -> None:
        """Ask what to sort by."""
        self.post_message(self.OrderAsked(self))

    def on_focus(self, event: Focus) -> None:
        """Select what the cursor stands on."""
        self.post_message(self.Moved(self))
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor as resting."""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the row that was clicked, open it on a double click; sort by a heading."""
        y = event.y - self.gutter.top
        if self._table and y == 0:
            column = self._table.column_at(event.x - 1)
            if column:
                self.sort_by(column)
            return
        place = y - self.head + self.scroll_offset.y
        if y >= 0 and place < len(self._rows):
            self._move(place)
            if event.ctrl:
                self._mark_only(self.marked ^ {self._rows[place].key})
            elif event.chain == 2:
                self.post_message(self.Opened())

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
        self._move(self.cursor + self._page)

    def action_page_up(self) -> None:
        """Move a page up."""
        self._move(self.cursor - self._page)

    @property
    def _page(self) -> int:
        return max(1, self.content_size.height - self.head - 1)

    def action_open(self) -> None:
        """Open the row."""
        self.post_message(self.Opened())

    async def action_filter(self) -> None:
        """Ask what to narrow the list to, before the next key is looked at."""
        await self.run_action("screen.filter")
