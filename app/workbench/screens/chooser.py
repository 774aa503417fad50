"""A small page that offers a few things; one is chosen by its number, by moving to it or by a click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click, Key
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.strip import Strip

from app.workbench.paint import Painted
from app.workbench.panes.rowview import MARK
from app.workbench.spans import Span, spread


class Choice(NamedTuple):
    """One thing that can be chosen."""

    id: str
    label: str
    note: str = ""


class ChoiceList(Painted):
    """The things, each with its number before it."""

    def __init__(self, choices: Sequence[Choice], cursor: int) -> None:
        super().__init__()
        self._choices, self.cursor = choices, cursor

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Take one line for each thing."""
        return len(self._choices)

    def move(self, to: int) -> None:
        """Put the cursor on another thing; below the last comes the first."""
        self.cursor = to % len(self._choices)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one thing."""
        width = self.content_size.width
        if y >= len(self._choices):
            return self.strip([], width)
        choice, here = self._choices[y], y == self.cursor
        left = [Span(MARK if here else " ", "accent"), Span(f"{y:>2}  ", "key strong"), Span(choice.label)]
        spans = spread(left, [Span(f"{choice.note} ", "dim")], width)
        return self.strip(spans, width, role="chosen" if here else "plain")


class Chooser(ModalScreen[str | None]):
    """Answers the id of what was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", show=False),
        Binding("j,down,tab", "move(1)", show=False),
        Binding("k,up,shift+tab", "move(-1)", show=False),
        Binding("enter,space", "choose", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], current: str = "") -> None:
        super().__init__()
        self._choices = choices
        ids = [choice.id for choice in choices]
        self._list = ChoiceList(choices, ids.index(current) if current in ids else 0)
        self._list.add_class("choices")
        self._list.border_title = title.replace("[", "\\[")
        self._list.border_subtitle = "Enter chooses · Esc leaves it"

    def compose(self) -> ComposeResult:
        """Lay out the things."""
        yield self._list

    def action_move(self, by: int) -> None:
        """Move to another thing."""
        self._list.move(self._list.cursor + by)

    def action_choose(self) -> None:
        """Answer what the cursor stands on."""
        self.dismiss(self._choices[self._list.cursor].id)

    def on_key(self, event: Key) -> None:
        """Choose by number."""
        if (event.character or "").isdecimal() and int(event.character or "") < len(self._choices):
            event.stop()
            self.dismiss(self._choices[int(event.character or "")].id)

    def on_click(self, event: Click) -> None:
        """Choose what was clicked; a click beside it leaves all as it is."""
        if event.widget is self:
            self.dismiss(None)
        elif event.widget is self._list:
            place = event.screen_y - self._list.content_region.y
            if 0 <= place < len(self._choices):
                self.dismiss(self._choices[place].id)
