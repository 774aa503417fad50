"""The page of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from app.configuration.configuration import Command
from app.workbench.customs import hint
from app.workbench.keymap import NOTHING, Keymap, shown
from app.workbench.keys import PAGES, Key
from app.workbench.spans import Span, Spans, cut, wrap
from app.workbench.tabs.text import TextView

COLUMN = 46
KEY = 10
WORDS = (
    "An image is a stack of read-only layers. A container adds one writable layer on top and runs a program"
    " that sees all of them as one file system. Volumes keep data outside of the stack."
)


def lay(width: int, keymap: Keymap = NOTHING, commands: Sequence[Command] = ()) -> list[Spans]:
    """Lay the keys out in as many columns as there is room for."""
    columns = max(1, min(3, width // COLUMN))
    each = (width - 1) // columns
    own = [("Your own commands", tuple(map(hint, commands)))] if commands else []
    blocks = [_block(title, keys, each - 2, keymap) for title, keys in (*PAGES, *own)]
    piles: list[list[Spans]] = [[] for _ in range(columns)]
    for block in blocks:
        pile = min(piles, key=len)
        pile += [*block, []]
    lines: list[Spans] = [*([Span(f" {text}", "dim")] for text in wrap(WORDS, width - 2)), []]
    for number in range(max(map(len, piles))):
        spans: list[Span] = []
        for pile in piles:
            part = pile[number] if number < len(pile) else []
            spans += [*part, Span(" " * (each - sum(len(span.text) for span in part)))]
        lines.append(spans)
    return lines


def _block(title: str, keys: tuple[Key, ...], width: int, keymap: Keymap) -> list[Spans]:
    lines: list[Spans] = [[Span(f" {title}", "accent strong")]]
    room = width - KEY - 1
    for key in keys:
        said = cut(f" {shown(key, keymap):<{KEY}}", KEY + 1)
        lines.append([Span(said, "strong"), Span(cut(key.about, room))])
    return lines


class HelpScreen(ModalScreen[None]):
    """Every key, from the one table."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", show=False)]

    def __init__(self, keymap: Keymap, commands: Sequence[Command]) -> None:
        super().__init__()
        self._keymap, self._commands = keymap, commands

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        view = TextView()
        view.add_class("page")
        view.border_title = "Keys"
        view.border_subtitle = "Esc closes"
        yield view

    def on_mount(self) -> None:
        """Fill the page."""
        self.query_one(TextView).show(lambda width: lay(width, self._keymap, self._commands))
