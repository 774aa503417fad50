"""The line that asks for words: a filter, a search, a name, a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label


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
        # Given, not composed later: what is typed right after the key that asks must find the field.
        self._label, self._input = Label(), Input(compact=True)
        self._input.cursor_blink = False
        super().__init__(self._label, self._input)
        self.display = False
        self._changed: Callable[[str], object] | None = None
        self._answered: Callable[[str], object] | None = None
        self._history: list[str] = []
        self._place = 0
        self._before: Widget | None = None

    @property
    def asking(self) -> bool:
        """Whether something is being asked."""
        return self.display

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
        self.display = True
        self.screen.set_focus(self._input)

    def add(self, text: str) -> None:
        """Add to what has been typed."""
        self._input.insert_text_at_cursor(text)

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
        self.display = False
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
