"""The first screen of an empty yard: three ways to a first image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.timer import Timer

from app.workbench.actions import line
from app.workbench.child import Child
from app.workbench.paragraph import Paragraph
from app.workbench.screens.dialog import BringDialog
from app.workbench.spans import Span, Spans, cut, plain, wrap
from app.workbench.yard import Yard

FROM_HOST = ("import", "--from-host")
PICTURE = (
    ("         ┏━━━━━━━━━━━━━━━━━━━━━━┓", "accent"),
    ("         ┃    writable layer    ┃", "accent"),
    ("      ┌──┸──────────────────────┸──┐", "hue0"),
    ("      │           layer            │", "hue0"),
    ("   ┌──┴────────────────────────────┴──┐", "hue2"),
    ("   │            base image            │", "hue2"),
    ("╒══╧══════════════════════════════════╧══╕", "dim"),
    ("│          this machine's kernel         │", "dim"),
    ("╘════════════════════════════════════════╛", "dim"),
)
OFFERS = (
    ("b", "make a base image out of this machine's own programs"),
    ("i", "load or import a file"),
    ("Esc", "look around the empty yard"),
    ("q", "quit"),
)


class FirstScreen(Screen[str | None]):
    """Offers a first image.

    Answers the new image's id, an empty text if there is one that did not tell its id, or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "grow", show=False),
        Binding("i", "bring", show=False),
        Binding("escape", "leave", show=False),
        Binding("q", "app.quit", show=False),
    ]

    def __init__(self, yard: Yard) -> None:
        super().__init__()
        self._yard = yard
        self._child: Child | None = None
        self._command = ""
        self._last = ""
        self._began = 0.0
        self._failed = False
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the picture over the offers."""
        with Vertical(id="first"):
            yield Paragraph(self._lay)

    def on_unmount(self) -> None:
        """End what still runs."""
        if self._child:
            self._child.stop()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return self.query_one(Paragraph).text

    def _lay(self, width: int) -> list[Spans]:
        margin = " " * max(0, (width - 42) // 2)
        lines: list[Spans] = [[Span(margin + text, role)] for text, role in PICTURE]
        lines += [[], [Span(margin), Span("Stackyard", "strong"), Span(" · this yard is empty", "dim")], []]
        if self._child:
            elapsed = self._yard.now() - self._began
            lines.append([Span(f" {self._command}", "strong"), Span(f"  … {elapsed:.0f} s", "dim")])
            return [*lines, [Span(f" {cut(self._last, width - 2)}", "dim")], [], [], []]
        for key, words in OFFERS:
            lines.append([Span(f" {key:>4}", "key strong"), Span(f"  {words}")])
        if self._failed:
            lines += [[], *([Span(f" {part}", "bad")] for part in wrap(f"✕ {self._last}", width - 2))]
        return lines

    def _show(self) -> None:
        self.query_one(Paragraph).show(self._lay)

    def action_grow(self) -> None:
        """Make a base image from this machine."""
        self._begin(FROM_HOST)

    def action_bring(self) -> None:
        """Ask for a file."""
        if not self._child:
            self.app.push_screen(BringDialog(), lambda words: self._begin(words) if words else None)

    def action_leave(self) -> None:
        """Go to the yard."""
        if not self._child:
            self.dismiss(None)

    def _begin(self, words: Sequence[str]) -> None:
        if self._child:
            return
        self._child, self._command, self._last, self._failed = (
            Child(self._yard.command(words)),
            line(words),
            "",
            False,
        )
        self._began = self._yard.now()
        self._timer = self.set_interval(0.5, self._show)
        self._show()
        self.run_worker(self._run(self._child))

    async def _run(self, child: Child) -> None:
        code = await child.run(self._came)
        self._child = None
        if self._timer:
            self._timer.stop()
        if code == 0:
            self.dismiss(self._last if self._last.startswith("sha256:") else "")
            return
        self._failed = True
        self._last = self._last or f"it ended with exit code {code}"
        self._show()

    def _came(self, text: str) -> None:
        said = plain(text).strip()
        if said:
            self._last = said.rpartition("\r")[2]
