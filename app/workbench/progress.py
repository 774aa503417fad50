"""How far a build is, made of its events: every step with its state, its time, and why it had to be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from app.workbench.figures import count, size
from app.workbench.spans import plain

if TYPE_CHECKING:
    from engine.build.events import Event

ENDED = ("cached", "ran", "failed", "stopped", "skipped")


class Stage(NamedTuple):
    """Some steps that follow each other."""

    name: str
    """Empty for what stands before the first FROM."""
    steps: tuple[int, ...]
    """Their places among all steps, from 0."""


class StepState(NamedTuple):
    """One step as it is now."""

    number: int
    stage: str
    text: str
    line: int
    """First and last line in the Dockerfile; 0: none."""
    end: int
    state: str = "waiting"
    """waiting, running, cached, ran, failed, stopped or skipped."""
    why: str = ""
    """Why it had to be done."""
    started: float = 0
    ended: float = 0
    image: str = ""
    size: int = 0
    message: str = ""
    code: int = 0
    transfer: str = ""
    """How far a transfer is."""

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED

    def seconds(self, now: float) -> float:
        """Tell how long it took, or takes until now."""
        return max(0.0, (self.ended or now) - self.started) if self.started else 0.0


class Progress:
    """The steps of one build; events are added as they come."""

    def __init__(self) -> None:
        self.steps: list[StepState] = []
        self.stages: list[Stage] = []
        self.started = self.ended = 0.0
        self.line = 0
        """Of the Dockerfile, to blame."""
        self.message = ""
        self.warnings: list[str] = []
        self._cached: set[int] = set()
        self._taken = 0

    def take(self, events: list[Event]) -> bool:
        """Add what is new in a list that only grows; tell whether anything was."""
        fresh = events[self._taken :]
        self._taken += len(fresh)
        for event in fresh:
            self._take(event)
        return bool(fresh)

    def died(self, ended: float) -> None:
        """Stop what was never told the end of."""
        self._stop(ended)
        self.ended = self.ended or ended

    @property
    def over(self) -> bool:
        """Whether the build has ended."""
        return self.ended > 0

    def current(self) -> int:
        """Find the step to look at: the one that failed, else one that runs, else the last one begun."""
        for state in ("failed", "running"):
            for place, step in enumerate(self.steps):
                if step.state == state:
                    return place
        begun = [place for place, step in enumerate(self.steps) if step.state in ("cached", "ran", "stopped")]
        return max(begun, default=0)

    def result(self, place: int) -> str:
        """Name the image that a step's shell stands on: its own, or the one before it if it has none."""
        stage = self.steps[place].stage
        for step in reversed(self.steps[: place + 1]):
            if step.stage == stage and step.image and step.state in ("cached", "ran"):
                return step.image
        return ""

    def _take(self, event: Event) -> None:
        from engine.build import events as told

        match event:
            case told.Planned(steps=steps, time=time):
                self.steps = [
                    StepState(one.step, one.stage, " ".join(plain(one.text).split()), one.line, one.end)
                    for one in steps
                ]
                self.stages = _stages(self.steps)
                self.started = time
            case told.StepStarted(step=step, text=text, time=time):
                self._set(step, state="running", started=time, text=" ".join(plain(text).split()))
            case told.StepCached(step=step):
                self._cached.add(step)
            case told.StepMissed(step=step, why=why):
                self._set(step, why=plain(why))
            case told.StepProgress(step=step, current=current, total=total, unit=unit):
                self._set(step, transfer=_transfer(current, total, unit))
            case told.StepFinished(step=step, image=image, size=bytes, time=time):
                state = "cached" if step in self._cached else "ran"
                self._set(step, state=state, image=image, size=bytes, ended=time, transfer="")
            case told.StepFailed(step=step, message=message, code=code, time=time):
                self._set(step, state="failed", message=plain(message), code=code, ended=time, transfer="")
            case told.StepSkipped(step=step):
                self._set(step, state="skipped")
            case told.Warned(text=text):
                self.warnings.append(plain(text))
            case told.Finished(time=time):
                self.ended = time
            case told.Failed(message=message, line=line, time=time):
                self.message, self.line, self.ended = plain(message), line, time
                self._stop(time)

    def _set(self, number: int, **changes: object) -> None:
        if 0 < number <= len(self.steps):
            self.steps[number - 1] = self.steps[number - 1]._replace(**changes)  # type: ignore[arg-type]

    def _stop(self, time: float) -> None:
        for step in self.steps:
            if step.state == "running":
                self._set(step.number, state="stopped", ended=time, transfer="")
            elif step.state == "waiting":
                self._set(step.number, state="skipped")


def _stages(steps: Iterable[StepState]) -> list[Stage]:
    places: dict[str, list[int]] = {}
    for place, step in enumerate(steps):
        places.setdefault(step.stage, []).append(place)
    return [Stage(name, tuple(found)) for name, found in places.items()]


def _transfer(current: int, total: int, unit: str) -> str:
    if unit != "B":
        return f"{current:,} of {total:,} {unit}" if total else count(current, unit.rstrip("s"))
    return f"{size(current)} of {size(total)}" if total else size(current)
