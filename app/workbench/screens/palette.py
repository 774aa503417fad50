"""The palette: a few letters find anything, Enter does it or goes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input

from app.workbench.command.entries import Entry
from app.workbench.command.finder import Match, find
from app.workbench.paint import Painted
from app.workbench.panes.rowlist import MARK
from app.workbench.spans import Span, plain, spread

KIND = 10
"""Cells of the first column."""


class FoundList(Painted):
    """Draws what was found; one of it is chosen."""

    class Chosen(Message):
        """An entry was clicked."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._entries = entries
        self._texts = [entry.sought for entry in entries]
        self._found: Sequence[Match] = ()
        self._cursor = self._top = 0

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        return self._entries[self._found[self._cursor].place] if self._found else None

    def search(self, wanted: str) -> None:
        """Show what has these letters."""
        self._found, self._cursor, self._top = find(wanted, self._texts), 0, 0
        self.refresh()

    def move(self, by: int) -> None:
        """Move the cursor."""
        self._cursor = max(0, min(self._cursor + by, len(self._found) - 1))
        self._top = max(self._cursor - self.size.height + 1, min(self._top, self._cursor))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one entry: what it is, its name with the found letters marked, its command and key."""
        width, place = self.content_size.width, self._top + y
        if place >= len(self._found):
            said = "Nothing has these letters." if not self._found and y == 0 else ""
            return self.strip([Span(f" {said}", "dim")], width)
        match = self._found[place]
        entry, chosen = self._entries[match.place], place == self._cursor
        # A command that is cut off teaches nothing.
        room = width - KIND - cell_len(entry.text) - 16
        note = plain(entry.note) if cell_len(entry.note) <= room else ""
        right = [Span(f"{note}  ", "dim"), Span(f"{entry.key:>9} ", "key strong")]
        kind = Span(f"{entry.kind:<{KIND}}", "dim")
        left = [Span(MARK if chosen else " ", "accent"), kind, *_marked(entry.text, match.offsets)]
        if chosen:
            left = [left[0], Span(kind.text), *left[2:]]
            right = [Span(span.text) for span in right]
        return self.strip(spread(left, right, width), width, role="chosen" if chosen else "plain")

    def on_click(self, event: Click) -> None:
        """Choose what was clicked."""
        if self._top + event.y < len(self._found):
            self._cursor = self._top + event.y
            self.post_message(self.Chosen())

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Go down."""
        self.move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Go up."""
        self.move(-1)


def _marked(text: str, offsets: Sequence[int]) -> list[Span]:
    marked = set(offsets)
    spans: list[Span] = []
    for place, letter in enumerate(text):
        role = "accent strong" if place in marked else "plain"
        if spans and spans[-1].role == role:
            spans[-1] = Span(spans[-1].text + plain(letter), role)
        else:
            spans.append(Span(plain(letter), role))
    return spans


class PaletteScreen(ModalScreen[Entry | None]):
    """Answers the chosen entry, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("down,ctrl+n,tab", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p,shift+tab", "move(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
    ]

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._list = FoundList(entries)
        self._input = Input(compact=True, placeholder="an action, an image, a container, a tab, a theme …")
        self._input.cursor_blink = False

    def compose(self) -> ComposeResult:
        """Lay the field out over what it finds."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Find"
            dialog.border_subtitle = "Enter does it · Esc leaves"
            yield self._input
            yield self._list

    def on_mount(self) -> None:
        """Show what there is, before a letter is typed."""
        self._list.search("")

    def on_resize(self) -> None:
        """Fit the list into the screen."""
        self._list.styles.height = max(3, min(30, self.size.height - 6))
        self._list.move(0)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for what is typed."""
        self._list.search(event.value)

    def on_input_submitted(self) -> None:
        """Answer, if there is something."""
        if self._list.chosen:
            self.dismiss(self._list.chosen)

    def on_found_list_chosen(self) -> None:
        """Answer."""
        self.dismiss(self._list.chosen)

    def action_move(self, by: int) -> None:
        """Move down or up."""
        self._list.move(by)

    def action_page(self, by: int) -> None:
        """Move by a page."""
        self._list.move(by * max(1, self._list.size.height - 1))
