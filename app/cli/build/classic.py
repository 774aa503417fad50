"""The classic builder's words, to the letter: what docker printed before BuildKit, and what scripts read.

All but the last sentence of a failure goes to standard output, the programs' standard error too, in red.
Steps that run side by side are told one after the other: what a later one says waits until the earlier one is
over.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

from app.units import human_size, truncate_id
from engine.build import events
from engine.build.journal.ends import Ends

if TYPE_CHECKING:
    from engine.build.events import Event, Failed, Planned

RED, PLAIN = "\x1b[91m", "\x1b[0m"
EMPTY_LINE = "Empty continuation line found in: "
"""How the one warning begins that docker gives before the first step."""
WITHOUT_CONTAINER = frozenset(("FROM", "COPY", "ADD"))
"""Instructions for which docker names no container."""


class _Step:
    """What there is to remember of a step while it is told."""

    __slots__ = ("container", "fetched", "keyword", "over", "text", "triggered", "waiting")

    def __init__(self, text: str) -> None:
        self.text = text
        self.keyword = text.split(None, 1)[0].upper() if text.strip() else ""
        self.container = ""
        """Named and not yet removed."""
        self.triggered = False
        self.fetched = False
        self.waiting: list[str] = []
        """Written while it is an earlier step's turn."""
        self.over = False


class Classic:
    """Tells a build as docker's classic builder does; `force_rm` names a failed step's container too."""

    def __init__(self, out: TextIO, errors: TextIO | None = None, *, force_rm: bool = False) -> None:
        self.failure: Failed | None = None
        self._out = out
        self._errors = errors
        self._force_rm = force_rm
        self._steps: list[_Step] = []
        self._turn = 1
        self._warnings: list[str] = []
        self._results: list[str] = []
        self._finished = False

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        tell = _TELLERS.get(type(event))
        if tell is not None:
            tell(self, event)

    def close(self) -> None:
        """Write what is still buffered."""
        self._out.flush()

    def _planned(self, event: Planned) -> None:
        self._steps = [_Step(step.text) for step in event.steps]

    def _read(self, event: events.ContextRead) -> None:
        # Twice a carriage return: docker's progress line ends with one, and its printer adds another.
        self._out.write(f"Sending build context to Docker daemon  {human_size(event.size)}\r\r\n")

    def _started(self, event: events.StepStarted) -> None:
        self._warn_of_lines()
        step = self._steps[event.step - 1]
        self._tell(event.step, f"Step {event.step}/{len(self._steps)} : {step.text}\n")

    def _cached(self, event: events.StepCached) -> None:
        step = self._steps[event.step - 1]
        if step.keyword != "FROM" or step.triggered:
            self._removed(event.step)
            self._tell(event.step, " ---> Using cache\n")

    def _missed(self, event: events.StepMissed) -> None:
        # What comes may take long: nobody should wait for what is already said.
        self._out.flush()

    def _triggered(self, event: events.Triggered) -> None:
        self._steps[event.step - 1].triggered = True
        word = "trigger" if event.triggers == 1 else "triggers"
        self._tell(event.step, f"# Executing {event.triggers} build {word}\n")

    def _running(self, event: events.Running) -> None:
        step = self._steps[event.step - 1]
        if step.keyword in WITHOUT_CONTAINER and not step.triggered:
            return
        self._removed(event.step)
        step.container = truncate_id(event.container)
        self._tell(event.step, f" ---> Running in {step.container}\n", flush=True)

    def _output(self, event: events.Output) -> None:
        data = f"{RED}{event.data}{PLAIN}" if event.stream == 2 else event.data
        self._tell(event.step, data, flush=True)

    def _progress(self, event: events.StepProgress) -> None:
        self._steps[event.step - 1].fetched = True

    def _finished_step(self, event: events.StepFinished) -> None:
        step = self._steps[event.step - 1]
        self._removed(event.step)
        if step.fetched and step.keyword == "ADD":
            # What is left, off a terminal, of docker's bar for a download.
            self._tell(event.step, "\n")
        if event.image or step.keyword == "FROM":
            self._tell(event.step, f" ---> {truncate_id(event.image)}\n")
        self._end(event.step)

    def _failed_step(self, event: events.StepFailed) -> None:
        if self._force_rm:
            self._removed(event.step)
        self._end(event.step)

    def _skipped(self, event: events.StepSkipped) -> None:
        self._end(event.step)

    def _warned(self, event: events.Warned) -> None:
        self._warnings.append(event.text.removeprefix("[Warning] "))

    def _warn_of_lines(self) -> None:
        found = [text.removeprefix(EMPTY_LINE) for text in self._warnings if text.startswith(EMPTY_LINE)]
        if found:
            self._warnings = [text for text in self._warnings if not text.startswith(EMPTY_LINE)]
            lines = "".join(f"[WARNING]: {EMPTY_LINE.rstrip()}\n    {line}\n" for line in found)
            last = "[WARNING]: Empty continuation lines will become errors in a future release.\n"
            self._out.write(f"{RED}{lines}{last}{PLAIN}")

    def _tagged(self, event: events.Tagged) -> None:
        self._result(f"Successfully tagged {event.reference}\n")

    def _exported(self, event: events.Exported) -> None:
        if event.place:  # else it went among the images, and is told of with its names
            place = "standard output" if event.place == "-" else event.place
            self._result(f"Successfully exported {event.kind} to {place}\n")

    def _result(self, text: str) -> None:
        """Tell what became of the image, after its id."""
        if self._finished:
            self._out.write(text)
        else:
            self._results.append(text)

    def _finish(self, event: events.Finished) -> None:
        self._catch_up()
        for text in self._warnings:
            self._out.write(f"[Warning] {text}\n")
        if event.image:
            self._out.write(f"Successfully built {truncate_id(event.image)}\n")
        self._out.write("".join(self._results))
        self._out.flush()
        self._finished = True

    def _failed(self, event: Failed) -> None:
        self.failure = event
        self._catch_up()
        self._out.flush()
        errors = self._errors or sys.stderr
        # As everywhere: only what a step says stands alone.
        errors.write(f"{event.message}\n" if self._steps else f"Error: {event.message}\n")
        errors.flush()

    def _removed(self, number: int) -> None:
        step = self._steps[number - 1]
        if step.container:
            self._tell(number, f"Removing intermediate container {step.container}\n")
            step.container = ""

    def _tell(self, number: int, text: str, *, flush: bool = False) -> None:
        if number == self._turn:
            self._out.write(text)
            if flush:
                self._out.flush()
        else:
            self._steps[number - 1].waiting.append(text)

    def _end(self, number: int) -> None:
        """Give the turn to the next step that is not over, and say what it had to keep to itself."""
        self._steps[number - 1].over = True
        while self._turn <= len(self._steps) and self._steps[self._turn - 1].over:
            self._turn += 1
            self._say_waiting(self._turn)

    def _say_waiting(self, number: int) -> None:
        if number <= len(self._steps):
            waiting = self._steps[number - 1].waiting
            self._out.write("".join(waiting))
            waiting.clear()

    def _catch_up(self) -> None:
        for number in range(self._turn, len(self._steps) + 1):
            self._say_waiting(number)


_TELLERS: dict[type, Callable[[Classic, Any], None]] = {
    events.ContextRead: Classic._read,
    events.Planned: Classic._planned,
    events.StepStarted: Classic._started,
    events.StepCached: Classic._cached,
    events.StepMissed: Classic._missed,
    events.Triggered: Classic._triggered,
    events.Running: Classic._running,
    events.Output: Classic._output,
    events.StepProgress: Classic._progress,
    events.StepFinished: Classic._finished_step,
    events.StepFailed: Classic._failed_step,
    events.StepSkipped: Classic._skipped,
    events.Warned: Classic._warned,
    events.Tagged: Classic._tagged,
    events.Exported: Classic._exported,
    events.Finished: Classic._finish,
    events.Failed: Classic._failed,
}


class Quiet(Classic):
    """Says nothing unless the build fails; then all of it, on standard error.

    Of a very long output it keeps the ends, since it holds them in memory.
    """

    def __init__(self, errors: TextIO, *, force_rm: bool = False) -> None:
        self._kept = StringIO()
        self._ends: dict[int, Ends] = {}
        super().__init__(self._kept, errors, force_rm=force_rm)

    def __call__(self, event: Event) -> None:
        """Keep one event."""
        if isinstance(event, events.Output):
            if not self._ends.setdefault(event.step, Ends()).take(event, 0):
                return
        elif isinstance(event, events.StepFinished | events.StepFailed):
            self._end_output(event.step)
        if isinstance(event, events.Failed) and self._errors is not None:
            for step in list(self._ends):
                self._end_output(step)
            self._catch_up()
            self._errors.write(self._kept.getvalue())
        super().__call__(event)

    def _end_output(self, step: int) -> None:
        ends = self._ends.pop(step, None)
        if ends and ends.dropped:
            self._tell(step, f"\n[… {human_size(ends.dropped)} left out]\n")
        for piece, _ in ends.rest() if ends else ():
            super().__call__(piece)
