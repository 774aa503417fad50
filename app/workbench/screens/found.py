"""Pages of paths over everything else: what wastes most, what is largest. Enter goes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.workbench.figures import count, size
from app.workbench.filetree import chip
from app.workbench.keys import FOUND, bindings
from app.workbench.paint import Painted
from app.workbench.panes.rowlist import MARK
from app.workbench.spans import Span, plain, spread
from app.workbench.trees import Survey


class Found(NamedTuple):
    """One path."""

    path: str
    size: int
    told: Span
    """What else is known of it."""


class FoundList(Painted, ScrollView, can_focus=True):
    """The paths, the largest first or by name."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FOUND)]

    class Opened(Message):
        """A path was chosen."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, found: Sequence[Found], nothing: str) -> None:
        super().__init__(classes="page")
        self._found, self._nothing = list(found), nothing
        self._by_name = False
        self.cursor = 0
        self.virtual_size = Size(0, len(self._found))

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(f"{size(one.size)} {one.told.text} {one.path}" for one in self._found)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width, place = self.content_size.width, y + self.scroll_offset.y
        if place >= len(self._found):
            said = self._nothing if place == 0 else ""
            return self.strip([Span(f" {said}", "dim")], width)
        one = self._found[place]
        left = [Span(f"{size(one.size):>8}  "), one.told, Span(f"  {plain(one.path)}")]
        if place != self.cursor:
            return self.strip([Span(" "), *spread(left, [], width - 2)], width)
        return self.strip([Span(MARK, "accent"), *spread(left, [], width - 2)], width, role="chosen")

    def on_click(self, event: Click) -> None:
        """Put the cursor on the row that was clicked; open it on a double click."""
        place = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= place < len(self._found):
            self.action_move(place - self.cursor)
            if event.chain == 2:
                self.action_open()

    def action_move(self, by: int) -> None:
        """Move by rows."""
        self.cursor = max(0, min(self.cursor + by, len(self._found) - 1))
        top, height = self.scroll_offset.y, max(1, self.content_size.height)
        if not top <= self.cursor < top + height:
            top = self.cursor if self.cursor < top else self.cursor - height + 1
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self.refresh()

    def action_page(self, by: int) -> None:
        """Move by pages."""
        self.action_move(by * max(1, self.content_size.height - 1))

    def action_end(self, by: int) -> None:
        """Move to the first or the last row."""
        self.action_move(by * len(self._found))

    def action_sort(self) -> None:
        """Sort by name, or the largest first again."""
        self._by_name = not self._by_name
        chosen = self._found[self.cursor : self.cursor + 1]
        self._found.sort(key=lambda one: (one.path if self._by_name else "", -one.size, one.path))
        self.action_move(self._found.index(chosen[0]) - self.cursor if chosen else 0)

    def action_open(self) -> None:
        """Choose the path under the cursor."""
        if self._found:
            self.post_message(self.Opened(self._found[self.cursor].path))


class FoundScreen(ModalScreen[str | None]):
    """A page of paths; answers the one that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "Close", show=False)]

    def __init__(self, title: str, note: str, found: Sequence[Found], nothing: str) -> None:
        super().__init__()
        self._list = FoundList(found, nothing)
        self._list.border_title = title
        self._list.border_subtitle = f"{note} · Enter goes there · o order · Esc closes"

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return self._list.text

    def compose(self) -> ComposeResult:
        """Show the list."""
        yield self._list

    def on_found_list_opened(self, event: FoundList.Opened) -> None:
        """Answer."""
        self.dismiss(event.path)


def wasted(survey: Survey) -> FoundScreen:
    """List what an image's layers hold for nothing."""
    found = [Found(path, bytes, Span(f"{times:>3}×", "dim")) for path, times, bytes in survey.waste]
    note = f"{size(survey.wasted)} of {size(survey.size)} · {survey.efficiency:.1f}% efficient"
    return FoundScreen("Hidden or removed by a layer further up", note, found, "Nothing is wasted.")


def largest(survey: Survey, layers: int) -> FoundScreen:
    """List the largest files that a container sees, each with its layer."""
    found = [Found(path, bytes, chip(layer, layers, False)) for path, layer, bytes in survey.largest]
    note = f"of {count(survey.files, 'file')}"
    return FoundScreen("The largest files, and the layers they come from", note, found, "There is no file.")
