"""The Stack tab: the blocks an image or a container stands on, and a cursor that opens one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.workbench.keys import STACK, bindings
from app.workbench.paint import Painted
from app.workbench.spans import Span
from app.workbench.stack import Block, Drawn, draw

WIDEST = 110


class StackView(Painted, ScrollView, can_focus=True):
    """The picture of one stack."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(STACK)]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self._blocks: Sequence[Block] = ()
        self._kernel = ""
        self._drawn = Drawn([], [])

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in spans) for spans in self._drawn.lines)

    def show(self, blocks: Sequence[Block], kernel: str, *, keep: bool = False) -> None:
        """Show another stack, from its top unless it is the same one, told anew."""
        if not keep:
            self.cursor = 0
        self._blocks, self._kernel = blocks, kernel
        self.cursor = max(0, min(self.cursor, len(blocks) - 1))
        self._draw()
        if not keep:
            self.scroll_to(y=0, animate=False, immediate=True)

    def _draw(self) -> None:
        if not self._kernel:
            return
        width, height = self.content_size
        # One column stays free for the scroll bar, so that nothing moves when it comes.
        self._drawn = draw(
            self._blocks, self._kernel, width - 1, height, self.cursor if self.has_focus else None
        )
        self.virtual_size = Size(0, len(self._drawn.lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        place = y + self.scroll_offset.y
        spans: Sequence[Span] = self._drawn.lines[place] if place < len(self._drawn.lines) else ()
        return self.strip(spans, self.content_size.width)

    def on_resize(self, event: Resize) -> None:
        """Draw for the new size."""
        self._draw()

    def watch_has_focus(self, focused: bool) -> None:
        """Open the block under the cursor, or close it again."""
        super().watch_has_focus(focused)
        self._draw()

    def on_click(self, event: Click) -> None:
        """Open the block that was clicked."""
        place = event.y + self.scroll_offset.y
        if place < len(self._drawn.owners) and self._drawn.owners[place] >= 0:
            self._move(self._drawn.owners[place])

    def _move(self, to: int) -> None:
        self.cursor = max(0, min(to, len(self._blocks) - 1))
        self._draw()
        own = [place for place, owner in enumerate(self._drawn.owners) if owner == self.cursor]
        top, height = self.scroll_offset.y, self.content_size.height
        if not own:
            return
        last = len(self._drawn.lines) if self.cursor == len(self._blocks) - 1 else own[-1] + 1
        first = 0 if self.cursor == 0 else own[0]
        if last > top + height:
            top = min(first, last - height)
        self.scroll_to(y=min(top, first), animate=False, immediate=True)

    def action_cursor_down(self) -> None:
        """Go to the block below."""
        self._move(self.cursor + 1)

    def action_cursor_up(self) -> None:
        """Go to the block above."""
        self._move(self.cursor - 1)

    def action_cursor_first(self) -> None:
        """Go to the top."""
        self._move(0)

    def action_cursor_last(self) -> None:
        """Go to the base."""
        self._move(len(self._blocks) - 1)
