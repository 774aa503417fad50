"""What can be asked for in words: any line of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from app.completion.line import split
from app.completion.offers import Ask
from app.workbench.actions import line
from app.workbench.errands import Errands
from app.workbench.screens.logtools import LogToolsScreen
from app.workbench.spans import Span
from app.workbench.yard import Yard

if TYPE_CHECKING:
    from app.workbench.app import Workbench
    from app.workbench.command.commandline import CommandLine
    from app.workbench.command.entries import Entry


class CommandsScreen(LogToolsScreen):
    """The board, with the `:` line."""

    def __init__(self, yard: Yard, errands: Errands, again: Callable[[], object]) -> None:
        super().__init__(yard, errands, again)
        self.completion: Ask | None = None
        """Knows what can come next in a line."""
        self._command_line: CommandLine | None = None

    def on_mount(self) -> None:
        """Make the line ready as soon as there is time: what is typed after `:` must find it."""
        super().on_mount()
        self.call_after_refresh(self._make_command_line)

    def _make_command_line(self) -> CommandLine:
        if self._command_line is None:
            from app.workbench.command.commandline import CommandLine
            from app.workbench.command.history import History, place
            from app.workbench.command.offering import Offering

            offering = Offering()
            self._command_line = CommandLine(offering, self._errands, self.completion, History(place()))
            self.mount(self._command_line, offering)
        return self._command_line

    def typed_ahead(self, text: str) -> bool:
        """Add to the line what was typed before it had the focus; False if nothing is being asked."""
        if not (self._command_line and self._command_line.asking):
            return super().typed_ahead(text)
        self._command_line.add(text)
        return True

    def action_command(self) -> None:
        """Ask for a line to run."""
        self._hints.display = False
        self._make_command_line().begin(self.run_line)

    def action_palette(self) -> None:
        """Find anything by a few of its letters."""
        from app.workbench.command.entries import entries
        from app.workbench.screens.palette import PaletteScreen

        past = self._make_command_line().past
        past.read()
        keymap = cast("Workbench", self.app).configuration.keymap
        found = PaletteScreen(entries(self, past.lines, keymap))
        self.app.push_screen(found, lambda entry: self._choose(entry) if entry else None)

    def _choose(self, entry: Entry) -> None:
        match entry.kind:
            case "do":
                self.run_worker(entry.of.run_action(entry.what))
            case "tab":
                self.detail.choose(entry.what)
                self.set_focus(self.detail.view)
            case "theme":
                cast("Workbench", self.app).put_on(entry.what)
            case "line":
                self._hints.display = False
                self._make_command_line().begin(self.run_line, entry.what)
            case _:
                self.go(entry.kind, entry.what)

    def run_line(self, text: str) -> None:
        """Run a line as it was typed."""
        try:
            words = split(text)
        except ValueError:
            self.status.fail("A quotation mark is not closed.")
            return
        if words:
            self._run_line(words)

    def _run_line(self, words: list[str]) -> None:
        from app.workbench.screens.output import OutputScreen

        self.status.say(Span(line(words), "strong"))

        def left(_: None) -> None:
            self._again()

        self.app.push_screen(OutputScreen(line(words), self._yard.command(words)), left)
