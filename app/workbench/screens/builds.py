"""What can be asked of builds: beginning one, doing it once more, looking into its steps."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from app.workbench.actions import build_of, line, refusal, words
from app.workbench.errands import Errands, sentence
from app.workbench.keys import BUILD, OUTPUT, bindings
from app.workbench.localbuilds import typed
from app.workbench.screens.board import Board
from app.workbench.spans import Span
from app.workbench.watching import alive
from app.workbench.yard import Line, Yard

OVER = "  the watch is over; what it started goes on"


class BuildsScreen(Board):
    """The board, with builds that begin and are looked into."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(BUILD, OUTPUT)]

    def __init__(self, yard: Yard, errands: Errands, again: Callable[[], object]) -> None:
        super().__init__(yard, errands)
        self._again = again

    def action_build(self) -> None:
        """Ask what to build."""
        from app.workbench.dockerfiles import find
        from app.workbench.screens.build import BuildDialog

        here = os.getcwd()
        dialog = BuildDialog(lambda came: self._errands.run(lambda: find(here), came))
        self.app.push_screen(dialog, lambda words: self._build(Line(words, here)) if words else None)

    def action_again(self) -> None:
        """Build the same once more."""
        if self._refused("again"):
            return
        id = self.selection.id
        self._errands.run(
            lambda: self._yard.again(id), self._build, lambda error: self.status.refuse(sentence(error))
        )

    def action_watch(self) -> None:
        """Build it again at every save; or no longer."""
        if self._refused("watch"):
            return
        build = build_of(self.selection, self.lists)
        watch = alive(build, self.lists) if build else None
        if watch:
            command = f"$ kill -INT {watch.pid}"
            self.status.doing(command, "ending the watch")
            self._errands.run(
                lambda: self._yard.end_watch(watch.id),
                lambda _: self.status.say(Span(command, "strong"), Span(OVER, "dim")),
                lambda error: self.status.refuse(sentence(error)),
            )
        elif build:
            id = build.id
            self._errands.run(
                lambda: self._yard.again(id), self._watch, lambda error: self.status.refuse(sentence(error))
            )

    def _watch(self, asked: Line) -> None:
        """Start a watch that ends with us, and show its rounds."""
        from app.workbench.background import Background

        words = ["watch", *asked.words[1:]]
        command = typed(Line(words, asked.folder), os.getcwd())

        def ended(code: int, said: str) -> None:
            self.app.call_later(self._unwatched, command, code, said)

        try:
            process = Background(
                self._yard.command([words[0], "--tied", *words[1:]]), asked.folder, ended, tied=True
            )
        except OSError as error:
            self.status.fail(f"{command}: {error.strerror}")
            return
        self.status.say(Span(command, "strong"), Span("  it ends with the workbench", "dim"))
        self.want_build(process.pid)
        self.detail.choose("Watch")

    def _unwatched(self, command: str, code: int, said: str) -> None:
        self._again()
        told = [text for text in said.splitlines() if text.strip()]
        if code in (0, 130):
            self.status.say(Span(command, "strong"), Span(OVER, "dim"))
        else:
            self.status.fail(told[-1].strip() if told else f"{command} ended with exit code {code}")

    def _build(self, asked: Line) -> None:
        """Start a build in the background, and select it when it has begun to tell."""
        from app.workbench.background import Background

        command = typed(asked, os.getcwd())

        def ended(code: int, said: str) -> None:
            self.app.call_later(self._built, command, code, said)

        # Nobody reads what it prints: its journal tells more.
        program = self._yard.command([asked.words[0], "-q", *asked.words[1:]])
        try:
            process = Background(program, asked.folder, ended)
        except OSError as error:
            self.status.fail(f"{command}: {error.strerror}")
            return
        self.status.doing(command, "building")
        self.want_build(process.pid)

    def _built(self, command: str, code: int, said: str) -> None:
        self._again()
        if code == 0:
            self.status.say(Span(command, "strong"), Span("  ✓", "good"))
        elif code == 130:
            self.status.say(Span(command, "strong"), Span("  stopped", "warn"))
        else:
            told = [text for text in said.splitlines() if text.strip()]
            self.status.fail(told[-1].strip() if told else f"{command} ended with exit code {code}")

    def action_image(self) -> None:
        """Go to the image that came out of the build."""
        build = build_of(self.selection, self.lists)
        if not self._refused("image") and build:
            tag = next((tag for one in self.lists.images if one.id == build.image for tag in one.tags), "")
            self.status.say(Span(line(["history", tag or build.image[7:19]]), "strong"))
            self.want(f"{build.image} {tag}")

    def action_output(self) -> None:
        """Show what the chosen step printed, or all of them."""
        if self._refused("output"):
            return
        self.status.say(Span(line(words("output", self.selection, self.lists)), "strong"))
        self.detail.show_output(0)
        self._show_hints()

    def action_next_step(self) -> None:
        """Show the next step's output."""
        self.detail.turn_step(1)

    def action_previous_step(self) -> None:
        """Show the output of the step before."""
        self.detail.turn_step(-1)

    def action_shell(self) -> None:
        """Hand the terminal over to a shell on what a step left."""
        if self._refused("shell"):
            return
        progress, step = self.detail.building.progress, self.detail.step
        image = progress.result(step - 1) if 0 < step <= len(progress.steps) else ""
        if not image:
            self.status.refuse("This step left no image to open a shell on")
            return
        self._hand_over(image)

    def _hand_over(self, image: str) -> None:
        from textual.app import SuspendNotSupported

        from engine.errors import EngineError

        command = line(["run", "-it", "--rm", image.removeprefix("sha256:")[:12], "sh"])
        try:
            with self.app.suspend():
                print(f"{command}\n(leave the shell to come back)", flush=True)
                code = self._yard.shell(image)
        except SuspendNotSupported:
            self.status.refuse("This terminal cannot be handed over")
        except EngineError as error:
            self.status.fail(sentence(error))
        else:
            self.status.say(Span(command, "strong"), Span(f"  exit code {code}", "dim"))
        self._again()

    def _refused(self, action: str) -> bool:
        reason = refusal(action, self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
        return reason is not None
