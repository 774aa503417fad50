"""What the right side shows of a build: one journal, opened once and followed, behind three tabs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.workbench import dockerpage
from app.workbench.logwatch import LogWatch
from app.workbench.progress import Progress
from app.workbench.sieve import Opener
from app.workbench.tabs.logs import LogView
from app.workbench.tabs.steps import StepsTab
from app.workbench.tabs.text import TextView
from app.workbench.yard import Build, Log, Recording, Yard
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.workbench.errands import Errands

CONTEXT = 3
"""Lines above a failing line that are seen with it."""


class Building:
    """Feeds the tabs of one build at a time; what takes long is read in threads."""

    def __init__(
        self,
        yard: Yard,
        errands: Errands,
        later: Callable[..., object],
        views: tuple[StepsTab, LogView, TextView],
    ) -> None:
        self._yard, self._errands, self._later = yard, errands, later
        self._steps, self._logs, self._text = views
        self.build: Build | None = None
        self.progress = Progress()
        self.step = 0
        """Whose output is shown; 0: all steps'."""
        self._tab = ""
        self._recording: Recording | None = None
        self._watch: LogWatch | None = None
        self._dockerfile = ""
        self._missing = "…"
        self._filled: tuple[object, ...] = ()

    @property
    def live(self) -> bool:
        """Whether more may come."""
        return self.build is not None and self.build.running and not self.progress.over

    def show(self, build: Build, tab: str) -> None:
        """Show a tab of a build, or the same one as it is now."""
        other = self.build is None or self.build.id != build.id
        if tab != self._tab and "Watch" in (tab, self._tab):
            # The text was the watch's meanwhile.
            self._filled = ()
        self.build, self._tab = build, tab
        if other:
            self._open(build.id)
        elif self._recording:
            self._grow(build.id)

    def leave(self) -> None:
        """Let go of the build: something else is shown."""
        self._steps.leave()
        self.build = None
        self._filled = ()
        self._close()

    def _close(self) -> None:
        # A view may still show lines of it: whoever lets go of it last closes it.
        self._recording = None
        watch, self._watch = self._watch, None
        if watch:
            watch.close()

    def _open(self, id: str) -> None:
        self._close()
        self.progress, self.step = Progress(), 0
        self._dockerfile, self._missing, self._filled = "", "", ()

        def read() -> tuple[Recording, str]:
            return self._yard.recording(id), self._yard.dockerfile(id)

        def done(answer: tuple[Recording, str]) -> None:
            recording, self._dockerfile = answer
            if self.build is None or self.build.id != id or self._recording:
                recording.close()
                return
            self._recording = recording
            self._watch = LogWatch(recording.changes, lambda: self._later(self._grow, id))
            self._grow(id)

        def failed(error: EngineError) -> None:
            if self.build is not None and self.build.id == id:
                self._missing = str(error)
                self._fill()

        self._errands.run(read, done, failed)

    def _grow(self, id: str) -> None:
        """Take in what came; nothing is read here but what is seen."""
        if self.build is None or self.build.id != id or self._recording is None:
            return
        planned = bool(self.progress.steps)
        self.progress.take(self._recording.events)
        if self.build.state == "died" and not self.progress.over:
            self.progress.died(self.build.ended)
        if self.progress.steps and not planned and not self._dockerfile:
            self._read_dockerfile(id)
        self._fill()

    def _read_dockerfile(self, id: str) -> None:
        def done(text: str) -> None:
            if self.build is not None and self.build.id == id and text:
                self._dockerfile = text
                self._fill()

        self._errands.run(lambda: self._yard.dockerfile(id), done)

    def _fill(self) -> None:
        tabs = {"Steps": self._fill_steps, "Output": self._fill_output, "Dockerfile": self._fill_dockerfile}
        if self._tab != "Steps":
            self._steps.leave()
        tabs.get(self._tab, lambda: None)()

    def _fill_steps(self) -> None:
        missing = self._missing or self.progress.message or ("It has no steps yet." if self.live else "")
        self._steps.show(self.progress, self._output, missing)

    def _fill_output(self) -> None:
        shown = (self._recording, self.step)
        if shown == self._filled:
            self._logs.tell(self._silence(), live=self.live)
            self._logs.grow()
            return
        self._filled = shown
        self._logs.open(
            self._output(self.step),
            self._silence(),
            live=self.live,
            label=self.shown_step,
            opener=self._opener(),
        )

    def _fill_dockerfile(self) -> None:
        steps = tuple(step.state for step in self.progress.steps)
        shown = (self._recording, self._dockerfile, steps, self.progress.message)
        if shown == self._filled:
            return
        keep = self._filled[:2] == shown[:2]
        self._filled = shown
        self._text.show(dockerpage.lay(self._dockerfile, self.progress), keep=keep)
        wrong = dockerpage.failing_line(self.progress)
        if wrong and not keep:
            self._text.call_after_refresh(self._text.scroll_to, y=max(0, wrong - 1 - CONTEXT), animate=False)

    def _output(self, step: int) -> Log | None:
        return self._recording.output(step) if self._recording else None

    def _silence(self) -> str:
        if self._recording is None:
            return self._missing
        if not self.step:
            return "Nothing yet." if self.live else "It printed nothing."
        state = self.progress.steps[self.step - 1].state if self.step <= len(self.progress.steps) else ""
        return {
            "waiting": "Its turn has not come.", "running": "It has printed nothing yet.",
            "cached": "Taken from the cache: nothing was printed.", "skipped": "It was not reached.",
        }.get(state, "It printed nothing.")  # fmt: skip

    def choose(self, step: int) -> None:
        """Choose whose output is shown, 0 for all."""
        self.step = step

    def turn(self, by: int) -> None:
        """Show the output of the next step, or of the one before; between the ends stand all of them."""
        self.step = (self.step + by) % (len(self.progress.steps) + 1)
        self._fill_output()

    @property
    def shown_step(self) -> str:
        """Name whose output is shown."""
        return f"step {self.step} of {len(self.progress.steps)}" if self.step else "all steps"

    def _opener(self) -> Opener:
        """Return a call that opens the shown lines once more, for another thread."""
        id, step = self.build.id if self.build else "", self.step
        return lambda: self._yard.recording(id).output(step)
