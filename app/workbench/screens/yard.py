"""The yard: the board, and all that can be asked of it and done to what is selected."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from app.configuration.configuration import Command
from app.workbench import bulk, customs
from app.workbench.actions import DOING, Selection, line, question, refusal, typed
from app.workbench.deeds import deed
from app.workbench.errands import sentence
from app.workbench.keys import CONTAINER, IMAGE, OBJECT, bindings
from app.workbench.panes.rowlist import RowList
from app.workbench.screens.commands import CommandsScreen
from app.workbench.spans import Span
from app.workbench.tabs.processes import ProcessList
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.workbench.tabs.files import FilesTab


class YardScreen(CommandsScreen):
    """Acts on what is selected."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(IMAGE, CONTAINER, OBJECT)]

    def action_filter(self) -> None:
        """Narrow the list while the words are typed."""
        rows = self.focused if isinstance(self.focused, RowList) else self._pane
        self._ask(f"filter {rows.heading.lower()}:", None, value=rows.filter.text, changed=rows.narrow)

    def action_find_files(self) -> None:
        """Narrow the tree of files while the words are typed."""
        files = self.detail.files
        self._ask("find files:", files.narrow, value=files.list.model.wanted, changed=files.narrow)

    def on_files_tab_told(self, event: FilesTab.Told) -> None:
        """Show the command that does the same."""
        self.status.say(Span(line(event.words), "strong"))

    def _act(self, action: str, argument: str = "") -> None:
        """Do something to the selected object, unless it makes no sense now; ask if something is lost."""
        if self.chosen and action in bulk.ACTIONS:
            self._act_on_all(action)
            return
        selection = self.selection
        reason = refusal(action, selection, self.lists)
        if reason:
            self.status.refuse(reason)
        elif action in self.configuration.confirmations:
            from app.workbench.screens.confirm import ConfirmScreen

            command = typed(action, selection, self.lists)
            asked = ConfirmScreen(question(action, selection, self.lists), command)
            self.app.push_screen(asked, lambda yes: self._do(action, selection) if yes else None)
        else:
            self._do(action, selection, argument)

    def _act_on_all(self, action: str) -> None:
        """Do something to all marked objects that can take it; ask if something is lost."""
        from app.workbench.screens.confirm import ConfirmScreen

        chosen = bulk.able(action, self.chosen, self.lists)
        if not chosen:
            self.status.refuse(refusal(action, self.chosen[0], self.lists) or "")
            return
        command = bulk.command(action, chosen, self.lists)
        call = bulk.deeds(action, self._yard, chosen, self.lists)

        def do() -> None:
            self._pane.unmark()
            self._call(command, DOING[action], call)

        if action not in self.configuration.confirmations:
            do()
            return
        asked = ConfirmScreen(bulk.question(action, chosen, self.lists), command)
        self.app.push_screen(asked, lambda yes: do() if yes else None)

    def custom(self, key: str) -> bool:
        """Do the user's own command that has this key here; tell whether there is one."""
        fitting = customs.fitting(self.configuration.commands, self.selection)
        command = next((one for one in fitting if one.key == key), None)
        if command is None:
            return False
        selection = self.selection
        try:
            text = customs.line(command, selection, self.lists)
        except EngineError as error:
            self.status.fail(f"{command.name}: {sentence(error)}")
            return True
        if command.confirm:
            from app.workbench.screens.confirm import ConfirmScreen

            asked = ConfirmScreen(customs.question(command, selection, text), f"$ {text}")
            self.app.push_screen(asked, lambda yes: self._run_custom(command, text) if yes else None)
        else:
            self._run_custom(command, text)
        return True

    def _run_custom(self, command: Command, text: str) -> None:
        program = customs.program(self._yard.command([]), text)
        if command.attach is True:
            self._lend(program, text)
        elif command.attach:
            from app.workbench.screens.output import OutputScreen

            self.status.say(Span(f"$ {text}", "strong"))

            def left(_: None) -> None:
                self._again()

            self.app.push_screen(OutputScreen(f"$ {text}", program), left)
        else:
            self.run_worker(self._run_behind(f"$ {text}", program))

    def _lend(self, program: list[str], text: str) -> None:
        """Lend the whole terminal to a program until it ends."""
        import subprocess

        from textual.app import SuspendNotSupported

        try:
            with self.app.suspend():
                print(f"$ {text}", flush=True)
                code = subprocess.call(program)
        except SuspendNotSupported:
            self.status.refuse("This terminal cannot be handed over")
            return
        self.status.say(Span(f"$ {text}", "strong"), Span(f"  exit code {code}", "dim"))
        self._again()

    def _do(self, action: str, selection: Selection, argument: str = "") -> None:
        command = typed(action, selection, self.lists, argument)
        self._call(command, DOING[action], deed(action, self._yard, selection, self.lists, argument))

    def _call(self, command: str, doing: str, call: Callable[[], str]) -> None:
        began = time.monotonic()
        self.status.doing(command, doing)

        def done(more: str) -> None:
            self.status.done(command, time.monotonic() - began, more)
            self._again()

        self._errands.run(call, done, lambda error: self.status.fail(sentence(error)))

    def _ask_name(self, action: str, label: str, value: str) -> None:
        reason = refusal(action, self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
            return
        selection = self.selection

        def answered(text: str) -> None:
            if text.strip() and text.strip() != value:
                self._do(action, selection, text.strip())

        self._ask(label, answered, value=value)

    def action_start(self) -> None:
        """Start the container."""
        self._act("start")

    def action_stop(self) -> None:
        """Stop the container."""
        self._act("stop")

    def action_restart(self) -> None:
        """Restart the container."""
        self._act("restart")

    def action_kill(self) -> None:
        """Kill the container."""
        self._act("kill")

    def action_pause(self) -> None:
        """Hold the container still, or let it go on."""
        self._act("pause")

    def on_process_list_signal_asked(self, event: ProcessList.SignalAsked) -> None:
        """Ask which signal the process is to get."""
        process, selection = event.process, self.selection
        name = process.command.partition(" ")[0]

        def answered(text: str) -> None:
            if not text.strip():
                return
            command = line(["exec", selection.name, "kill", "-s", text.strip(), str(process.inner)])
            self.status.doing(command, "sending")
            self._errands.run(
                lambda: self._yard.signal(selection.id, process.pid, text.strip()),
                lambda _: self.status.done(command, 0),
                lambda error: self.status.fail(sentence(error)),
            )

        self._ask(f"signal to {process.inner} ({name}):", answered, value="TERM")

    def action_remove(self) -> None:
        """Remove what is selected."""
        self._act("remove")

    def action_prune(self) -> None:
        """Remove what nothing uses."""
        self._act("prune")

    def action_rename(self) -> None:
        """Ask for the container's new name."""
        self._ask_name("rename", f"rename {self.selection.name} to:", self.selection.name)

    def action_tag(self) -> None:
        """Ask for one more name of the image."""
        self._ask_name("tag", f"tag {self.selection.name} as:", "")

    def action_copy(self) -> None:
        """Copy the id."""
        reason = refusal("copy", self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
            return
        self.app.copy_to_clipboard(self.selection.id)
        self.status.say(Span("copied ", "good"), Span(self.selection.id))

    def action_run(self) -> None:
        """Ask how to run the image."""
        from app.workbench.screens.dialog import RunDialog

        reason = refusal("run", self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
            return
        self.app.push_screen(RunDialog(self.selection.target), self._run_words)

    def action_volume(self) -> None:
        """Ask what volume to make."""
        from app.workbench.screens.volume import VolumeDialog

        self.app.push_screen(VolumeDialog(), self._run_words)

    def action_bring(self) -> None:
        """Ask for a file to load or import."""
        from app.workbench.screens.dialog import BringDialog

        self.app.push_screen(BringDialog(), self._run_words)

    def _run_words(self, words: list[str] | None) -> None:
        """Run a command behind the scenes and select what it made."""
        if words:
            self.run_worker(self._run_child(words))

    async def _run_behind(self, said: str, program: list[str]) -> None:
        """Run a program behind the scenes; its last words tell what went wrong."""
        from app.workbench.child import Child

        lines: list[str] = []
        began = time.monotonic()
        self.status.doing(said, "at work")
        code = await Child(program).run(lines.append)
        last = next((text.strip() for text in reversed(lines) if text.strip()), "")
        if code:
            self.status.fail(last or f"{said} ended with exit code {code}")
        else:
            self.status.done(said, time.monotonic() - began, last)
        self._again()

    async def _run_child(self, words: list[str]) -> None:
        from app.workbench.child import Child

        said: list[str] = []
        began = time.monotonic()
        self.status.doing(line(words), "at work")
        code = await Child(self._yard.command(words)).run(said.append)
        last = next((text.strip() for text in reversed(said) if text.strip()), "")
        if code:
            self.status.fail(last or f"{line(words)} ended with exit code {code}")
        else:
            self.status.done(line(words), time.monotonic() - began)
            self.want(last.rpartition(" ")[2])
        self._again()
