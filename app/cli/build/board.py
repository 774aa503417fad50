"""What is known of a build at a moment: the events added up, nothing of how it looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.cli.build.tail import Tail
from engine.build import events

if TYPE_CHECKING:
    from engine.build.events import Event, Failed, Finished, Planned

BEGINNINGS = frozenset(("FROM", "ARG"))
"""What is taken as it is rather than done, and so is never cached either."""
OVER = frozenset(("cached", "ran", "failed", "skipped", "cancelled"))


class Step:
    """One step: `state` is waiting, running or one of OVER."""

    __slots__ = ("code", "current", "ended", "number", "stage", "started", "state", "tail", "text", "total",
                 "unit", "why")  # fmt: skip

    def __init__(self, number: int, stage: str, text: str) -> None:
        self.number = number
        self.stage = stage
        self.text = text
        self.state = "waiting"
        self.why = ""
        self.started = self.ended = 0.0
        self.tail = Tail()
        self.current = self.total = 0
        self.unit = ""
        self.code = 0

    @property
    def keyword(self) -> str:
        """The instruction's name."""
        return self.text.split(None, 1)[0].upper() if self.text.strip() else ""

    def end(self, state: str, time: float) -> None:
        """Settle how it ended, once."""
        if self.state not in OVER:
            self.state = state
            self.ended = time or self.ended

    def succeed(self, time: float) -> None:
        """Settle that it is done, one way or the other."""
        self.end("cached" if self.why == "cached" else "ran", time)


class Board:
    """A build as its events tell it."""

    def __init__(self) -> None:
        self.plan: Planned | None = None
        self.steps: list[Step] = []
        self.warnings: list[str] = []
        self.tags: list[str] = []
        self.exports: list[tuple[str, str]] = []
        self.finished: Finished | None = None
        self.failure: Failed | None = None
        self.failed: Step | None = None
        """The step to blame."""

    def take(self, event: Event) -> None:
        """Add one event."""
        taker = _TAKERS.get(type(event))
        if taker is not None:
            taker(self, event)

    def count(self, *states: str) -> int:
        """Count the steps in any of these states."""
        return sum(step.state in states for step in self.steps)

    @property
    def all_cached(self) -> bool:
        """Whether nothing had to be done."""
        work = [step for step in self.steps if step.why or step.keyword not in BEGINNINGS]
        return bool(work) and all(step.state == "cached" for step in work)

    @property
    def stages(self) -> Sequence[str]:
        """The names of the stages, in order."""
        return list(dict.fromkeys(step.stage for step in self.steps if step.stage))

    def _planned(self, event: Planned) -> None:
        self.plan = event
        self.steps = [Step(step.step, step.stage, step.text) for step in event.steps]

    def _started(self, event: events.StepStarted) -> None:
        step = self._step(event)
        for before in self.steps[: event.step - 1]:
            if before.stage == step.stage and before.state == "running":
                # Its layer is still hashed, but its own work is done.
                before.succeed(event.time)
        step.state, step.started, step.text = "running", event.time, event.text or step.text

    def _cached(self, event: events.StepCached) -> None:
        self._step(event).why = "cached"

    def _missed(self, event: events.StepMissed) -> None:
        self._step(event).why = event.why or "new"

    def _output(self, event: events.Output) -> None:
        self._step(event).tail.feed(event.data)

    def _progress(self, event: events.StepProgress) -> None:
        step = self._step(event)
        step.current, step.total, step.unit = event.current, event.total, event.unit

    def _finished_step(self, event: events.StepFinished) -> None:
        self._step(event).succeed(event.time)

    def _failed_step(self, event: events.StepFailed) -> None:
        step = self._step(event)
        step.state, step.ended, step.code = "failed", event.time, event.code
        self.failed = self.failed or step

    def _skipped(self, event: events.StepSkipped) -> None:
        self._step(event).end("skipped", 0)

    def _warned(self, event: events.Warned) -> None:
        self.warnings.append(event.text.removeprefix("[Warning] "))

    def _tagged(self, event: events.Tagged) -> None:
        self.tags.append(event.reference)

    def _exported(self, event: events.Exported) -> None:
        if event.place:
            self.exports.append((event.kind, event.place))

    def _finish(self, event: Finished) -> None:
        self.finished = event

    def _fail(self, event: Failed) -> None:
        self.failure = event
        for step in self.steps:
            if step.state == "running":
                step.end("cancelled", event.time)

    def _step(self, event: Any) -> Step:
        step: Step = self.steps[event.step - 1]
        return step


_TAKERS: dict[type, Callable[[Board, Any], None]] = {
    events.Planned: Board._planned,
    events.StepStarted: Board._started,
    events.StepCached: Board._cached,
    events.StepMissed: Board._missed,
    events.Output: Board._output,
    events.StepProgress: Board._progress,
    events.StepFinished: Board._finished_step,
    events.StepFailed: Board._failed_step,
    events.StepSkipped: Board._skipped,
    events.Warned: Board._warned,
    events.Tagged: Board._tagged,
    events.Exported: Board._exported,
    events.Finished: Board._finish,
    events.Failed: Board._fail,
}
