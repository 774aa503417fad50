"""The Terminal tab: the terminals that are open on the selected container, one of them shown."""

from __future__ import annotations

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from app.workbench.spans import Span
from app.workbench.tabs.text import Lay, TextView
from app.workbench.terminal.names import NameLine
from app.workbench.terminal.session import Session
from app.workbench.terminal.view import TerminalView
from app.workbench.yard import Container, Terminal


class TerminalTab(Vertical):
    """Keeps all sessions, of every container; they go on whatever is selected."""

    class Changed(Message):
        """A terminal was opened, closed, ended or scrolled."""

    def __init__(self) -> None:
        super().__init__(id="terminal")
        self.names, self.view, self._nothing = NameLine(), TerminalView(), TextView()
        self._sessions: list[Session] = []
        self._shown: dict[str, Session] = {}
        self._container: Container | None = None
        self.names.display = self.view.display = False

    def compose(self) -> ComposeResult:
        """Lay out the names and the view."""
        yield self.names
        yield self.view
        yield self._nothing

    def on_unmount(self) -> None:
        """Let go of all; the programs go on."""
        for session in self._sessions:
            session.close()

    @property
    def open(self) -> list[Session]:
        """The terminals of the selected container, in the order in which they were opened."""
        id = self._container.id if self._container else ""
        return [session for session in self._sessions if session.container == id]

    @property
    def session(self) -> Session | None:
        """The terminal that is shown."""
        return self._shown.get(self._container.id) if self._container else None

    @property
    def target(self) -> NameLine | TextView:
        """What takes the focus when the tab is entered."""
        return self.names if self.session else self._nothing

    def show(self, container: Container | None) -> None:
        """Show the terminals of a container."""
        self._container = container
        self._tell()

    def leave(self) -> None:
        """Another tab is shown: what goes on here may take its time."""
        self.view.show(None)

    def add(
        self, terminal: Terminal, container: Container, name: str, kind: Literal["attach", "exec"]
    ) -> Session:
        """Open a terminal, and show it when its container is; it is read once it has a size."""
        taken = {one.name for one in self._sessions if one.container == container.id}
        names = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
        session = Session(terminal, container.id, next(one for one in names if one not in taken), kind)
        session.ended = self._tell
        self._sessions.append(session)
        self._shown[container.id] = session
        self._tell()
        return session

    def attached(self, container: str) -> Session | None:
        """Find the terminal that is attached to a container's own."""
        wanted = (container, "attach", False)
        return next((one for one in self._sessions if (one.container, one.kind, one.over) == wanted), None)

    def close(self, session: Session) -> None:
        """Let go of a terminal."""
        session.close()
        at = self.open.index(session) if session in self.open else 0
        self._sessions.remove(session)
        if self._shown.get(session.container) is session:
            del self._shown[session.container]
            rest = self.open
            if rest:
                self._shown[session.container] = rest[min(at, len(rest) - 1)]
        self._tell()

    def choose(self, session: Session) -> None:
        """Show another of the container's terminals."""
        self._shown[session.container] = session
        self._tell()

    def turn(self, by: int) -> None:
        """Show the next one, or the one before."""
        sessions = self.open
        if self.session in sessions:
            self.choose(sessions[(sessions.index(self.session) + by) % len(sessions)])

    def rename(self, session: Session, name: str) -> None:
        """Give a terminal another name."""
        session.name = name
        self._tell()

    def _tell(self) -> None:
        session = self.session
        self.names.display = self.view.display = session is not None
        self._nothing.display = session is None
        self.view.show(session)
        self.names.show(self.open, session, self._note())
        if session is None:
            self._nothing.show(_nothing_open(self._container))
        self.post_message(self.Changed())

    def _note(self) -> Span:
        session = self.session
        if session is None:
            return Span("")
        if self.view.back:
            return Span(f"‖ {self.view.back:,} rows back", "warn")
        if session.over:
            code = session.exit_code
            return Span("the line is gone" if code is None else f"ended · exit code {code}", "warn")
        return Span("")

    def on_name_line_chosen(self, event: NameLine.Chosen) -> None:
        """Show the terminal whose name was clicked."""
        self.choose(self.open[event.place])

    def on_looking_scrolled(self) -> None:
        """Say how far back it is."""
        self.names.show(self.open, self.session, self._note())
        self.post_message(self.Changed())


def _nothing_open(container: Container | None) -> Lay:
    from app.workbench.pages import says

    if container is None:
        return says("")
    if not container.alive:
        return says("No terminal is open, and the container does not run. S starts it.")
    own = "a attaches to its own, " if container.tty else "It has none of its own (it was made without -t). "
    return says(f"No terminal is open. {own}E runs one more program in it, a shell unless you say another.")
