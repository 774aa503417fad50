"""Lines of spans that scroll: history, configuration, help, the output of a command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.workbench.keys import TEXT, bindings
from app.workbench.paint import Painted
from app.workbench.spans import Spans, width_of

Lay = Callable[[int], Sequence[Spans]]
"""Lays a text out for a width."""


class TextView(Painted, ScrollView, can_focus=True):
    """A text that is laid out again when the width changes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TEXT)]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lay: Lay = lambda width: ()
        self._lines: Sequence[Spans] = ()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in spans) for spans in self._lines)

    def show(self, lay: Lay, *, keep: bool = False) -> None:
        """Show another text, from its beginning unless its place is to be kept."""
        self._lay = lay
        self._lay_out()
        if not keep:
            self.scroll_to(x=0, y=0, animate=False, immediate=True)

    def on_resize(self, event: Resize) -> None:
        """Lay the text out for the new width."""
        self._lay_out()

    def _lay_out(self) -> None:
        self._lines = self._lay(max(10, self.content_size.width - 1))
        self.virtual_size = Size(max(map(width_of, self._lines), default=0), len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        x, top = self.scroll_offset
        spans = self._lines[top + y] if top + y < len(self._lines) else ()
        return self.strip(spans, self.content_size.width, start=x)

    def action_scroll_line(self, by: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self.scroll_offset.y + by, animate=False, immediate=True)

    def action_scroll_page(self, by: int) -> None:
        """Scroll by pages."""
        self.action_scroll_line(by * max(1, self.content_size.height - 1))

    def action_scroll_sideways(self, by: int) -> None:
        """Scroll sideways by cells."""
        self.scroll_to(x=self.scroll_offset.x + by, animate=False, immediate=True)

    def action_scroll_first(self) -> None:
        """Scroll to the beginning."""
        self.scroll_to(y=0, animate=False, immediate=True)

    def action_scroll_last(self) -> None:
        """Scroll to the end."""
        self.scroll_to(y=self.virtual_size.height, animate=False, immediate=True)
