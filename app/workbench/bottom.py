"""The two lines at the bottom: what was done and what can be done; and the line that asks for words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Label

from app.workbench.keys import GLOBAL, Key, named
from app.workbench.paint import Painted
from app.workbench.spans import Span, plain, width_of, wrap

ALWAYS = tuple(named(id, GLOBAL) for id in ("command", "help", "quit"))


class StatusLine(Painted):
    """The command that the last action equals, and how it ended; or why something cannot be done."""

    def __init__(self) -> None:
        super().__init__()
        self._spans: Sequence[Span] = ()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "".join(span.text for span in self._spans)

    def say(self, *spans: Span) -> None:
        """Show something else."""
        said = [Span(plain(span.text), span.role) for span in spans]
        if said != self._spans:
            self._spans = said
            self.refresh(layout=True)

    def doing(self, line: str, doing: str) -> None:
        """Say that a command is under way."""
        self.say(Span(line, "strong"), Span(f"  … {doing}", "dim"))

    def done(self, line: str, seconds: float, more: str = "") -> None:
        """Say that it is done."""
        took = f"  ✓ {seconds:.1f} s" if seconds >= 0.05 else "  ✓"
        self.say(Span(line, "strong"), Span(took, "good"), Span(f"  {more}" if more else "", "dim"))

    def refuse(self, reason: str) -> None:
        """Say why something cannot be done now."""
        self.say(Span("— ", "warn"), Span(reason))

    def fail(self, reason: str) -> None:
        """Say what went wrong."""
        self.say(Span("✕ ", "bad"), Span(reason, "bad"))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Take as many lines as the words need."""
        return len(self._lines(width)) if width_of(self._spans) > width - 2 else 1

    def _lines(self, width: int) -> list[str]:
        return wrap(self.text, max(8, width - 2))[:3]

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.content_size.width
        if width_of(self._spans) <= width - 2:
            return self.strip([Span(" "), *self._spans], width)
        lines = self._lines(width)
        role = self._spans[-1].role
        return self.strip([Span(f" {lines[y]}" if y < len(lines) else "", role)], width)


class HintLine(Painted):
    """The keys that make sense now; whole ones only."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: Sequence[Key] = ()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "".join(span.text for span in self._laid_out(self.content_size.width))

    def show(self, keys: Sequence[Key]) -> None:
        """Show other keys."""
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the keys."""
        width = self.content_size.width
        return self.strip(self._laid_out(width), width)

    def _laid_out(self, width: int) -> list[Span]:
        last = [span for key in ALWAYS for span in _hint(key)]
        left: list[Span] = []
        for key in self._keys:
            hint = _hint(key)
            if width_of(left) + width_of(hint) + width_of(last) + 1 > width:
                break
            left += hint
        gap = " " * max(0, width - width_of(left) - width_of(last) - 1)
        return [Span(" "), *left, Span(gap), *last]


def _hint(key: Key) -> list[Span]:
    return [Span(key.shown.split()[0], "key strong"), Span(f" {key.hint}  ", "dim")]


class Prompt(Horizontal):
    """A line that asks for words; the hints make room for it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("up", "earlier", show=False),
        Binding("down", "later", show=False),
    ]

    class Left(Message):
        """The prompt is gone, answered or not."""

        def __init__(self, before: Widget | None) -> None:
            super().__init__()
            self.before = before
            """What had the focus."""

    def __init__(self) -> None:
        super().__init__()
        self._label, self._input = Label(), Input(compact=True)
        self._changed: Callable[[str], object] | None = None
        self._answered: Callable[[str], object] | None = None
        self._history: list[str] = []
        self._place = 0
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        """Lay out the label and the field."""
        self._input.cursor_blink = False
        yield self._label
        yield self._input

    @property
    def asking(self) -> bool:
        """Whether something is being asked."""
        return self.has_class("asking")

    def ask(
        self,
        label: str,
        answered: Callable[[str], object] | None = None,
        *,
        value: str = "",
        changed: Callable[[str], object] | None = None,
        history: list[str] | None = None,
        before: Widget | None = None,
    ) -> None:
        """Ask; `changed` hears every key, and an empty text when the prompt is left."""
        self._answered, self._changed = None, None
        self._label.update(label.replace("[", "\\["))
        self._input.value = value
        self._input.cursor_position = len(value)
        self._answered, self._changed, self._before = answered, changed, before
        self._history = history if history is not None else []
        self._place = len(self._history)
        self.add_class("asking")
        self._input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass on what has been typed so far."""
        event.stop()
        if self.asking and self._changed:
            self._changed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        event.stop()
        answered = self._answered
        self._leave()
        if answered:
            answered(event.value)

    def action_leave(self) -> None:
        """Leave without an answer."""
        changed = self._changed
        self._leave()
        if changed:
            changed("")

    def _leave(self) -> None:
        self._changed = None
        self.remove_class("asking")
        self.post_message(self.Left(self._before))

    def action_earlier(self) -> None:
        """Bring back what was answered before."""
        self._recall(-1)

    def action_later(self) -> None:
        """Go forward again."""
        self._recall(1)

    def _recall(self, by: int) -> None:
        if self._history:
            self._place = max(0, min(self._place + by, len(self._history)))
            self._input.value = self._history[self._place] if self._place < len(self._history) else ""
            self._input.cursor_position = len(self._input.value)
