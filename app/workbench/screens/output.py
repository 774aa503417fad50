"""The output of a `stackyard …` line, as it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.timer import Timer

from app.workbench.ansi import parse
from app.workbench.child import Child
from app.workbench.spans import Span
from app.workbench.tabs.text import TextView

KEPT_LINES = 10_000
PAUSE = 0.1


class OutputScreen(ModalScreen[None]):
    """Runs the line; leaving ends it if it still runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", show=False),
        Binding("ctrl+c", "end", "End", show=False),
        Binding("r", "again", "Again", show=False),
    ]

    def __init__(self, title: str, words: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._words = words
        self._child = Child(words)
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._view = TextView()
        self._timer: Timer | None = None
        self._ended = ""

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        self._view.add_class("page")
        self._view.border_title = self._title.replace("[", "\\[")
        yield self._view

    def on_mount(self) -> None:
        """Run the line."""
        self._begin()

    def _begin(self) -> None:
        self._ended = ""
        self._view.border_subtitle = "running · Ctrl-C ends it · Esc ends and closes"
        self.run_worker(self._run(), exit_on_error=True)

    def action_end(self) -> None:
        """End it, if it still runs; what it printed stays, and so does the workbench."""
        self._child.stop()

    def action_again(self) -> None:
        """Run the same line once more, when it is over."""
        if self._ended:
            self._lines.clear()
            self._child = Child(self._words)
            self._begin()

    def on_unmount(self) -> None:
        """End it."""
        self._child.stop()

    @property
    def text(self) -> str:
        """What has come so far."""
        return "\n".join(self._lines)

    async def _run(self) -> None:
        code = await self._child.run(self._came)
        self._ended = "done" if code == 0 else f"exit code {code}"
        self._view.border_subtitle = f"{self._ended} · r runs it again · Esc closes"
        self._show()

    def _came(self, line: str) -> None:
        self._lines.append("".join(text for text, _ in parse(line.encode())))
        if self._timer is None:
            self._timer = self.set_timer(PAUSE, self._show)

    def _show(self) -> None:
        self._timer = None
        if not self.is_attached:
            return
        at_end = self._view.is_vertical_scroll_end
        said = [Span(f" {line}") for line in self._lines] or [
            Span(" It printed nothing." if self._ended else "", "dim")
        ]
        self._view.show(lambda width: [[span] for span in said], keep=True)
        if at_end and not self._ended:
            self._view.action_scroll_last()
