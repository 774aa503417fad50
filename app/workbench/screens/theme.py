"""Choosing a theme: a list, and the whole screen in the one that the cursor stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from app.workbench.paragraph import Paragraph
from app.workbench.spans import Span, Spans


class ThemeScreen(ModalScreen[str | None]):
    """Puts on what the cursor stands on; answers the name to keep, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down,T", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("enter", "keep", show=False),
        Binding("escape,q", "dismiss(None)", show=False),
    ]

    def __init__(self, names: Sequence[str], now: str, try_on: Callable[[str], object]) -> None:
        super().__init__()
        self._names, self._try_on = names, try_on
        self._place = names.index(now) if now in names else 0

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Theme"
            yield Paragraph(self._lay)

    def _lay(self, width: int) -> list[Spans]:
        hues = [Span("██", f"hue{number}") for number in range(6)]
        states: list[Span] = [Span("  ● runs", "good"), Span("  ‖ holds", "warn"), Span("  ✕ failed", "bad")]
        lines: list[Spans] = [
            [Span(f"▌{name:<{width - 1}}", "chosen") if place == self._place else Span(f" {name}")]
            for place, name in enumerate(self._names)
        ]
        keys = [Span("↑ ↓", "key strong"), Span("  see it    "), Span("Enter", "key strong")]
        keys += [Span("  keep it    "), Span("Esc", "key strong"), Span("  leave it")]
        return [*lines, [], [*hues, *states], [], keys]

    def action_move(self, by: int) -> None:
        """Put on the next one."""
        self._place = (self._place + by) % len(self._names)
        self._try_on(self._names[self._place])
        self.query_one(Paragraph).show(self._lay)

    def action_keep(self) -> None:
        """Answer."""
        self.dismiss(self._names[self._place])
