"""Asking what to build: the Dockerfiles below this folder, and the words that a build takes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from app.workbench.paragraph import Paragraph
from app.workbench.screens.dialog import Dialog
from app.workbench.spans import Span, Spans, cut

SHOWN = 4
FIELD = 12
"""Columns before a field."""


class BuildDialog(Dialog):
    """Asks for a Dockerfile, its context and a name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", show=False, priority=True),
        Binding("down", "choose(1)", show=False, priority=True),
    ]
    heading = "Build an image"
    fields = (
        ("path", "Dockerfile", "./Dockerfile"),
        ("context", "Context", "the Dockerfile's folder"),
        ("tag", "Tag", "none"),
        ("more", "Options", "--no-cache --target … --build-arg …"),
    )
    advice = "It runs in the background and goes on if you leave; its steps open on the right."

    def __init__(self, find: Callable[[Callable[[list[str]], None]], None]) -> None:
        super().__init__()
        self._find = find
        self._found: list[str] | None = None
        self._at = -1
        self._list = Paragraph(self._listed, id="found")

    def on_mount(self) -> None:
        """Look for Dockerfiles; they are listed between the first field and the others."""
        self.query_one(Vertical).mount(self._list, after=self.query(Horizontal).first())
        self._find(self._came)

    def _came(self, found: list[str]) -> None:
        if not self.is_attached:
            return
        self._found = found
        if found and not self.value("path"):
            self.action_choose(1)
        self._list.show(self._listed)

    def _listed(self, width: int) -> list[Spans]:
        found = self._found or []
        top = max(0, min(self._at - SHOWN // 2, len(found) - SHOWN))
        lines: list[Spans] = []
        for place in range(top, top + SHOWN):
            name = cut(found[place], width - FIELD - 2) if place < len(found) else ""
            chosen = place == self._at
            mark = Span("▌ ", "accent") if chosen else Span("  ")
            lines.append([Span(" " * FIELD), mark, Span(name, "strong" if chosen else "dim")])
        if not found:
            said = "looking …" if self._found is None else "There is no Dockerfile below this folder."
            lines[0] = [Span(" " * FIELD), Span(said, "dim")]
        more = len(found) - top - SHOWN
        below = f", {more} more below" if more > 0 else ""
        return [*lines, [Span(" " * FIELD), Span(f"↑ ↓ choose{below}" if found else "", "dim")]]

    def action_choose(self, by: int) -> None:
        """Take the next Dockerfile of the list, or the one before."""
        if self._found:
            self._at = max(0, min(self._at + by, len(self._found) - 1))
            field = self.query_one("#path", Input)
            field.value = self._found[self._at]
            field.cursor_position = len(field.value)
            field.focus()
            self._list.show(self._listed)

    def _lay(self, width: int) -> list[Spans]:
        return [[], *super()._lay(width)]

    def words(self) -> list[str]:
        """Make a `build`."""
        path = os.path.expanduser(self.value("path"))
        if not path:
            raise ValueError("Which Dockerfile?")
        if os.path.isdir(path):
            path = os.path.join(path, "Dockerfile")
        if not os.path.exists(path):
            raise ValueError("There is no such file.")
        context = os.path.expanduser(self.value("context")) or os.path.dirname(path) or "."
        usual = os.path.normpath(path) == os.path.normpath(os.path.join(context, "Dockerfile"))
        named: Sequence[str] = [] if usual else ["-f", path]
        tag = self.value("tag")
        try:
            more = shlex.split(self.value("more"))
        except ValueError:
            raise ValueError("A quotation mark is not closed.") from None
        return ["build", *(["-t", tag] if tag else []), *named, *more, context]
