"""The Processes tab: what runs in the container, in an order of one's choice; a key sends a signal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.workbench.keys import PROCESSES, bindings
from app.workbench.paint import Painted
from app.workbench.panes.rowlist import MARK
from app.workbench.processpage import ORDERS, Line, heading, lines, row
from app.workbench.spans import Span
from app.workbench.usage import Process


class ProcessList(Painted, ScrollView, can_focus=True):
    """The processes of one container; the cursor stays on its process wherever that goes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PROCESSES)]

    class SignalAsked(Message):
        """A process is to get a signal."""

        def __init__(self, process: Process) -> None:
            super().__init__()
            self.process = process

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.order = ORDERS[0]
        self._processes: Sequence[Process] = ()
        self._shares: dict[int, float] = {}
        self._before: dict[tuple[int, float], float] = {}
        self._read_at = 0.0
        self._lines: list[Line] = []
        self._cursor = 0
        self._apology = ""

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        if not self._lines:
            return self._apology
        width = self.content_size.width
        shown = [heading(width, self.order), *(row(line, width, self._read_at) for line in self._lines)]
        return "\n".join("".join(span.text for span in spans) for spans in shown)

    @property
    def chosen(self) -> Process | None:
        """The process under the cursor."""
        return self._lines[self._cursor].process if self._lines else None

    def clear(self, apology: str) -> None:
        """Show no process, and why."""
        self._apology = apology
        self._before.clear()
        self._take((), {}, 0.0)

    def show(self, processes: Sequence[Process], now: float) -> None:
        """Show what runs now; shares are of the time since the reading before."""
        passed = now - self._read_at
        shares = {
            one.pid: 100 * (one.cpu - self._before[one.pid, one.began]) / passed
            for one in processes
            if passed > 0 and (one.pid, one.began) in self._before
        }
        self._before = {(one.pid, one.began): one.cpu for one in processes}
        self._apology = ""
        self._take(processes, shares, now)

    def _take(self, processes: Sequence[Process], shares: dict[int, float], now: float) -> None:
        self._processes, self._shares, self._read_at = processes, shares, now
        self._arrange()

    def _arrange(self) -> None:
        before = self.chosen
        self._lines = lines(self._processes, self.order, self._shares)
        places = {line.process.pid: place for place, line in enumerate(self._lines)}
        place = places.get(before.pid, self._cursor) if before else 0
        self._cursor = max(0, min(place, len(self._lines) - 1))
        self.virtual_size = Size(0, len(self._lines) + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the heading, which stays, or one process."""
        width = self.content_size.width
        if not self._lines:
            return self.strip([Span(" "), Span(self._apology if y == 0 else "", "dim")], width)
        if y == 0:
            return self.strip(heading(width, self.order), width)
        place = y - 1 + self.scroll_offset.y
        if place >= len(self._lines):
            return self.strip([], width)
        spans = row(self._lines[place], width, self._read_at)
        if place != self._cursor:
            return self.strip([Span(" "), *spans], width)
        if not self.has_focus:
            return self.strip([Span(MARK, "rule"), *spans], width)
        return self.strip([Span(MARK, "accent"), *(Span(span.text) for span in spans)], width, role="chosen")

    def on_resize(self, event: Resize) -> None:
        """Draw for the new width."""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the process that was clicked."""
        if event.y > 0:
            self._move(event.y - 1 + self.scroll_offset.y)

    def _move(self, to: int) -> None:
        self._cursor = max(0, min(to, len(self._lines) - 1))
        top, height = self.scroll_offset.y, max(1, self.content_size.height - 1)
        if not top <= self._cursor < top + height:
            top = self._cursor if self._cursor < top else self._cursor - height + 1
            self.scroll_to(y=top, animate=False, immediate=True)
        self.refresh()

    def action_cursor_down(self) -> None:
        """Go to the process below."""
        self._move(self._cursor + 1)

    def action_cursor_up(self) -> None:
        """Go to the process above."""
        self._move(self._cursor - 1)

    def action_cursor_first(self) -> None:
        """Go to the first process."""
        self._move(0)

    def action_cursor_last(self) -> None:
        """Go to the last process."""
        self._move(len(self._lines) - 1)

    def action_order(self) -> None:
        """Order them by the next figure."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self._arrange()
        self._move(self._cursor)

    def action_signal(self) -> None:
        """Ask which signal to send."""
        if self.chosen:
            self.post_message(self.SignalAsked(self.chosen))
