"""The line above a terminal: which ones are open on the container, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from app.workbench.keys import TERMINAL, bindings
from app.workbench.paint import Painted
from app.workbench.spans import Span, cut, plain, spread, width_of
from app.workbench.terminal.session import Session


class NameLine(Painted, can_focus=True):
    """Names of terminals, the shown one bright; the keys that are meant for them work here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        replace(binding, action=f"screen.{binding.action}") for binding in bindings(TERMINAL)
    ]

    class Chosen(Message):
        """A name was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        super().__init__()
        self._sessions: Sequence[Session] = ()
        self._chosen: Session | None = None
        self._note = Span("")

    def show(self, sessions: Sequence[Session], chosen: Session | None, note: Span) -> None:
        """Show these names; the note stands at the end."""
        self._sessions, self._chosen, self._note = tuple(sessions), chosen, note
        self.refresh()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "".join(span.text for span in self._laid_out(self.content_size.width))

    def _laid_out(self, width: int) -> list[Span]:
        names = [span for session in self._sessions for span in self._named(session)]
        return spread([Span(" "), *names], [self._note, Span(" ")], width)

    def _named(self, session: Session) -> list[Span]:
        role = "chosen" if session is self._chosen else "dim"
        if session is self._chosen and self.has_focus:
            role = "accent strong"
        sign = "✕" if session.over else "●" if session.kind == "attach" else "▸"
        return [Span(sign, "dim" if session.over else "good"), Span(f" {label(session)} ", role), Span(" ")]

    def render_line(self, y: int) -> Strip:
        """Draw the names."""
        width = self.content_size.width
        return self.strip(self._laid_out(width), width)

    def on_click(self, event: Click) -> None:
        """Show the terminal that was clicked."""
        at = 1
        for place, session in enumerate(self._sessions):
            at += width_of(self._named(session))
            if event.x < at:
                self.post_message(self.Chosen(place))
                return

    def on_focus(self) -> None:
        """Show that the keys work here."""
        self.refresh()

    def on_blur(self) -> None:
        """Show that they do not."""
        self.refresh()


def label(session: Session) -> str:
    """Name a terminal; a title that its program has set comes behind."""
    title = plain(session.screen.title).strip()
    return cut(f"{session.name}: {title}" if title and title != session.name else session.name, 28)
