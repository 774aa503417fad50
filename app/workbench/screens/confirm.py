"""Asking before something is lost."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from app.workbench.actions import Question
from app.workbench.paragraph import Paragraph
from app.workbench.spans import Span, Spans, wrap


class ConfirmScreen(ModalScreen[bool]):
    """A question with its consequences; answers True or False."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", show=False),
        Binding("n,escape,q", "answer(False)", show=False),
    ]

    def __init__(self, question: Question, command: str) -> None:
        super().__init__()
        self._question, self._command = question, command

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._question.title.replace("[", "\\[")
            yield Paragraph(self._lay)

    def _lay(self, width: int) -> list[Spans]:
        lines: list[Spans] = [
            [Span(part)] for sentence in self._question.consequences for part in wrap(sentence, width)
        ]
        lines += [[], *([Span(part, "dim")] for part in wrap(self._command, width)), []]
        keys = [
            Span("y", "key strong"),
            Span(" or "),
            Span("Enter", "key strong"),
            Span(f"  {self._question.yes}    "),
        ]
        return [
            *lines,
            [*keys, Span("n", "key strong"), Span(" or "), Span("Esc", "key strong"), Span("  leave it")],
        ]

    def action_answer(self, answer: bool) -> None:
        """Answer."""
        self.dismiss(answer)
