"""The view of one terminal: it gets every key, and knows the one way out."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.timer import Timer

from app.detaching import DEFAULT, PATIENCE_SECONDS, Detaching, sequence
from app.terminal import keys
from app.terminal.screen import CURSOR_KEYS, FOCUS, PASTE
from app.workbench.terminal.mousing import Mousing


class TerminalView(Mousing, can_focus=True):
    """Shows a session; its program gets all that is typed."""

    class Left(Message):
        """Ctrl-P Ctrl-Q was typed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._detaching = Detaching(sequence(DEFAULT))
        self._silence: Timer | None = None

    def on_key(self, event: events.Key) -> None:
        """Give the program every key; nothing else in the workbench hears of it."""
        event.stop()
        event.prevent_default()
        if self._session is None:
            return
        application = CURSOR_KEYS in self._session.screen.modes
        self._type(keys.encode(event.key, event.character, application=application))

    def _type(self, data: bytes) -> None:
        session = self._session
        if session is None:
            return
        if data:
            self.scroll_back(-self._back)
            self._pick(None)
        passed, left = self._detaching.feed(data)
        if self._silence:
            self._silence.stop()
            self._silence = None
        session.type(passed)
        if left:
            self.post_message(self.Left())
        elif self._detaching.held:
            self._silence = self.set_timer(PATIENCE_SECONDS, self._nothing_followed)

    def _nothing_followed(self) -> None:
        self._silence = None
        if self._session:
            self._session.type(self._detaching.let_go())

    def on_paste(self, event: events.Paste) -> None:
        """Paste as the program wants it; the end mark inside of the text is taken out."""
        event.stop()
        event.prevent_default()
        if self._session is None:
            return
        text = event.text.replace("\r\n", "\r").replace("\n", "\r")
        if PASTE in self._session.screen.modes:
            text = "\x1b[200~" + text.replace("\x1b", "") + "\x1b[201~"
        self.scroll_back(-self._back)
        self._session.type(text.encode("utf-8", "replace"))

    def on_focus(self) -> None:
        """Show the cursor; tell the program if it wants to know."""
        self._tell_focus(b"\x1b[I")

    def on_blur(self) -> None:
        """Show that the cursor is not here."""
        self._nothing_followed()
        self._tell_focus(b"\x1b[O")

    def _tell_focus(self, said: bytes) -> None:
        if self._session and FOCUS in self._session.screen.modes:
            self._session.type(said)
        self._changed()
