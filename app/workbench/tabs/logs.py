"""The Logs tab: lines as they come, held still while they are read, narrowed, marked, saved, copied."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.selection import Selection

from app.workbench.keys import LOG, bindings
from app.workbench.logpage import Place, moved
from app.workbench.spans import plain
from app.workbench.tabs.logcanvas import LogCanvas
from app.workbench.tabs.logsearch import LogSearch

__all__ = ["LogCanvas", "LogView"]

WHEEL = 3


class LogView(LogSearch, can_focus=True):
    """A log that is gone through by keys and by the mouse."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LOG)]

    def selection_updated(self, selection: Selection | None) -> None:
        """Hold the log still while text is selected."""
        if selection is not None:
            self._hold()
        self.refresh()

    def _go(self, by: int) -> None:
        if self._log is None:
            return
        page = self.page
        if by > 0 and page.at_end:
            self.action_follow()
            return
        self._hold()
        self._place = moved(self._log, page.place, by, self._shape)
        self._redraw()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll down."""
        event.stop()
        self._go(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll up."""
        event.stop()
        self._go(-WHEEL)

    def on_click(self, event: Click) -> None:
        """Go to where the scroll bar was clicked."""
        height = self.content_size.height - 1
        if self._log and event.x == self.content_size.width - 1 and event.y < height:
            first, total = self._reach()
            self._go_to(first + total * event.y // max(1, height - 1))

    def action_line_down(self) -> None:
        """Go one row down."""
        self._go(1)

    def action_line_up(self) -> None:
        """Go one row up."""
        self._go(-1)

    def action_page_down(self) -> None:
        """Go a page down."""
        self._go(max(1, self._shape.height - 1))

    def action_page_up(self) -> None:
        """Go a page up."""
        self._go(-max(1, self._shape.height - 1))

    def action_scroll_sideways(self, by: int) -> None:
        """Go left or right in long lines."""
        longest = max((cell_len(row.text) for row in self.page.rows), default=0)
        self._left = max(0, min(self._left + by, longest - self._shape.width // 2)) if not self.wrap else 0
        self.refresh()

    def action_log_first(self) -> None:
        """Go to the first line."""
        self._go_to(self._reach()[0])

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self._redraw()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.wrap = not self.wrap
        self._left = 0
        self._place = Place(self._place.line)
        self._redraw()

    def action_times(self) -> None:
        """Show or hide when each line came."""
        self.times = not self.times
        self._redraw()

    def _go_to(self, line: int) -> None:
        self._hold()
        self._place = Place(line)
        self._redraw()

    def action_hold(self) -> None:
        """Hold the page still, or follow again."""
        if self.following:
            self._hold()
            self._redraw()
        else:
            self.action_follow()

    @property
    def line(self) -> int | None:
        """The line that is meant: the match that is shown, or else the lowest one."""
        rows = self.page.rows
        shown = [row.number for row in rows]
        return self._found if self._found in shown else shown[-1] if shown else None

    def action_mark(self) -> None:
        """Mark the line that is meant, or take its mark away."""
        if self.line is None:
            return
        if self.line in self.marks:
            self.marks.remove(self.line)
        else:
            insort(self.marks, self.line)
        self.refresh()

    def action_next_mark(self) -> None:
        """Go to the next mark down."""
        rows = self.page.rows
        place = bisect_right(self.marks, rows[-1].number) if rows else 0
        self._go_to_mark(place)

    def action_previous_mark(self) -> None:
        """Go to the next mark up."""
        rows = self.page.rows
        place = bisect_left(self.marks, rows[-1].number) if rows else 0
        self._go_to_mark(place - 1)

    def _go_to_mark(self, place: int) -> None:
        """Show a marked line as the lowest one, as it was when it was marked."""
        if not self.marks:
            self._said = "m marks a line"
            self.refresh()
        elif 0 <= place < len(self.marks):
            self._go_to(max(self._reach()[0], self.marks[place] - self._shape.height + 1))
        else:
            self._said = "no mark " + ("below" if place > 0 else "above")
            self.refresh()

    def action_take(self) -> None:
        """Copy the selected text, or the line that is meant."""
        text = self.screen.get_selected_text()
        if not text and self._log and self.line is not None:
            lines = self._log.lines(self.line, 1)
            text = lines[0].text.decode(errors="replace") if lines else ""
        if text:
            self.app.copy_to_clipboard(text)
            self._said = f"copied {plain(text.splitlines()[0])[:40]}"
            self.refresh()

    async def action_narrow(self) -> None:
        """Ask which lines are to be seen, before the next key is looked at."""
        await self.run_action("screen.narrow")

    async def action_window(self) -> None:
        """Ask which stretch of time is to be seen, before the next key is looked at."""
        await self.run_action("screen.window")

    async def action_save(self) -> None:
        """Ask where to save what is shown, before the next key is looked at."""
        await self.run_action("screen.save")
