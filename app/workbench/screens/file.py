"""A page over everything else: what a file holds."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from app.workbench.figures import size
from app.workbench.spans import Span, plain
from app.workbench.tabs.text import Lay, TextView

DUMPED = 64 << 10
"""Bytes of a file without text that are shown."""


class PageScreen(ModalScreen[None]):
    """A text with a title; Esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Close", show=False)]

    def __init__(self, title: str, note: str, lay: Lay) -> None:
        super().__init__()
        self._title, self._note, self._lay = title, note, lay
        self._view = TextView()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return self._view.text

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        self._view.add_class("page")
        self._view.border_title = plain(self._title).replace("[", "\\[")
        self._view.border_subtitle = f"{self._note} · Esc closes"
        yield self._view

    def on_mount(self) -> None:
        """Show the text."""
        self._view.show(self._lay)
        self._view.focus()


class FileScreen(PageScreen):
    """One file."""

    def __init__(self, path: str, content: bytes, total: int) -> None:
        is_text = b"\0" not in content[:8192]
        shown = len(content) if is_text else min(len(content), DUMPED)
        note = size(total) if shown >= total else f"the first {size(shown)} of {size(total)}"
        super().__init__(path, note, _text(content) if is_text else _dump(content[:DUMPED]))


def _text(content: bytes) -> Lay:
    if not content:
        return lambda width: [[Span(" It is empty.", "dim")]]
    lines = content.decode("utf-8", "replace").expandtabs().split("\n")
    spans = [[Span(f" {plain(line)}")] for line in (lines[:-1] if lines[-1] == "" else lines)]
    return lambda width: spans


def _dump(content: bytes) -> Lay:
    def line(at: int) -> list[Span]:
        piece = content[at : at + 16]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        return [Span(f" {at:08x}  ", "dim"), Span(f"{piece.hex(' '):<48} "), Span(letters, "hue2")]

    spans = [line(at) for at in range(0, len(content), 16)]
    return lambda width: spans
