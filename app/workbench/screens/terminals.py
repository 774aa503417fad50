"""What can be asked of terminals: attaching, running one more program, leaving, the full screen."""

from __future__ import annotations

import shlex
from typing import ClassVar

from textual.actions import SkipAction
from textual.binding import BindingType

from app.workbench.actions import container_of, line
from app.workbench.errands import sentence
from app.workbench.keys import TERMINALS, bindings
from app.workbench.screens.asking import AskingScreen
from app.workbench.spans import Span
from app.workbench.terminal.mousing import Mousing
from app.workbench.terminal.session import Session
from app.workbench.terminal.tab import TerminalTab
from app.workbench.terminal.view import TerminalView
from app.workbench.yard import Container, Terminal

SHELL = ("/bin/sh", "-c", "if command -v bash >/dev/null; then exec bash; fi; exec sh")
"""A shell that is there: bash, or else sh."""


class TerminalsScreen(AskingScreen):
    """The board, with terminals that are opened and typed into."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TERMINALS)]

    def action_attach(self) -> None:
        """Attach to the container's own terminal, or go back to where it is attached already."""
        if self._refused("attach"):
            return
        container = container_of(self.selection, self.lists)
        assert container
        open = self.detail.terminal.attached(container.id)
        if open:
            self.detail.terminal.choose(open)
            self._type_into(container)
            return
        command = line(["attach", container.name])
        self.status.doing(command, "attaching")

        def done(terminal: Terminal) -> None:
            self.detail.terminal.add(terminal, container, "attached", "attach")
            self.status.say(Span(command, "strong"))
            self._type_into(container)

        self._errands.run(
            lambda: self._yard.attach(container.id), done, lambda error: self.status.fail(sentence(error))
        )

    def action_execute(self) -> None:
        """Ask what to run in the container."""
        if self.selection.kind == "build":
            # The same key opens a shell on a step.
            self.action_shell()
            return
        if self._refused("execute"):
            return
        container = container_of(self.selection, self.lists)
        assert container

        def answered(text: str) -> None:
            try:
                words = shlex.split(text)
            except ValueError:
                self.status.fail("A quotation mark is not closed.")
                return
            self._execute(container, words)

        self._ask(f"exec -it {container.name} (Enter: a shell):", answered)

    def _execute(self, container: Container, words: list[str]) -> None:
        command = line(["exec", "-it", container.name, *(words or self.configuration.shell or ["bash"])])
        self.status.doing(command, "starting")

        def done(terminal: Terminal) -> None:
            name = words[0].rpartition("/")[2] if words else "shell"
            self.detail.terminal.add(terminal, container, name, "exec")
            self.status.say(Span(command, "strong"))
            self._type_into(container)

        self._errands.run(
            lambda: self._yard.execute(container.id, words or self.configuration.shell or SHELL),
            done,
            lambda error: self.status.fail(sentence(error)),
        )

    def _type_into(self, container: Container) -> None:
        """Show the Terminal tab and give the terminal every key, if its container is still selected."""
        if self.selection.key == container.id and self.app.screen is self:
            self.detail.choose("Terminal")
            self.set_focus(self.detail.terminal.view)

    @property
    def _terminal(self) -> Session:
        session = self.detail.terminal.session
        if session is None:
            raise SkipAction
        return session

    def action_enter_terminal(self) -> None:
        """Type into the terminal."""
        if self._terminal.over:
            self.status.refuse("Its program has ended: x closes it")
        else:
            self.set_focus(self.detail.terminal.view)

    def action_next_terminal(self) -> None:
        """Show the terminal to the right."""
        self.detail.terminal.turn(1)

    def action_previous_terminal(self) -> None:
        """Show the terminal to the left."""
        self.detail.terminal.turn(-1)

    def action_scroll_back(self, by: int) -> None:
        """Look at rows that have scrolled away."""
        self.detail.terminal.view.scroll_back(by)

    def action_scroll_page(self, by: int) -> None:
        """Look at what has scrolled away, a page at a time."""
        view = self.detail.terminal.view
        view.scroll_back(by * max(1, view.size.height - 1))

    def action_name_terminal(self) -> None:
        """Ask for another name of the terminal."""
        session = self._terminal

        def answered(text: str) -> None:
            if text.strip():
                self.detail.terminal.rename(session, text.strip())

        self._ask(f"name {session.name}:", answered, value=session.name)

    def action_close_terminal(self) -> None:
        """Let go of the terminal."""
        session = self._terminal
        self.detail.terminal.close(session)
        self.set_focus(self.detail.view)
        goes_on = "" if session.over else "  let go; its program goes on"
        self.status.say(Span(session.name, "strong"), Span(goes_on or "  closed", "dim"))

    def on_terminal_view_left(self, event: TerminalView.Left) -> None:
        """Detach: what is attached is let go of, as it can be attached again; others stay open."""
        session = self._terminal
        if session.kind == "attach":
            self.detail.terminal.close(session)
            self.status.say(Span("detached", "good"), Span("  it goes on; a attaches again", "dim"))
        else:
            self.status.say(Span(session.name, "strong"), Span("  stays open; Enter goes back to it", "dim"))
        self.set_focus(self.detail.view)

    def on_terminal_tab_changed(self, event: TerminalTab.Changed) -> None:
        """Leave a terminal whose program has ended; show what can be done."""
        terminal = self.detail.terminal
        if terminal.view.has_focus and (terminal.session is None or terminal.session.over):
            self.set_focus(self.detail.view)
        self._show_hints()

    def on_mousing_copied(self, event: Mousing.Copied) -> None:
        """Copy what was chosen with the mouse."""
        self.app.copy_to_clipboard(event.text)
        self.status.say(Span("copied ", "good"), Span(f"{len(event.text):,} characters", "dim"))

    def action_full_screen(self) -> None:
        """Give the program the real terminal until Ctrl-P Ctrl-Q or its end."""
        from textual.app import SuspendNotSupported

        from app.workbench.terminal.handover import hand_over

        session = self._terminal
        if session.over:
            self.status.refuse("Its program has ended: x closes it")
            return
        try:
            with self.app.suspend():
                left = hand_over(session)
        except SuspendNotSupported:
            self.status.refuse("This terminal cannot be handed over")
            return
        self.detail.terminal.view.fit()
        how = "  back from the full screen" if left else "  has ended"
        self.status.say(Span(session.name, "strong"), Span(how, "dim"))
