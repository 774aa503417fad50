"""The builds of a watch: one at a time, and what of each is told."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.build.events import Event as BuildEvent
from engine.build.events import Output, Planned, PlannedStep, StepMissed
from engine.build.request import Request
from engine.cancelling import Cancel
from engine.develop import events
from engine.develop.events import Event
from engine.errors import EngineError, StepFailed

if TYPE_CHECKING:
    from engine.build.builder import Outcome
    from engine.build.builds import Builds

LAST = 10
"""Lines that are told of what a failing step printed."""


class Builder:
    """Builds the same again and again."""

    def __init__(self, builds: Builds, request: Request, tell: Callable[[Event], object]) -> None:
        self._builds, self._request, self._tell = builds, request, tell
        self._lock = threading.Lock()
        self._cancel: Cancel | None = None
        self._round = 0
        self._steps: tuple[PlannedStep, ...] = ()
        self._printed: dict[int, deque[str]] = {}

    def overtake(self) -> None:
        """End the build that goes on, if one does."""
        with self._lock:
            cancel = self._cancel
        if cancel:
            cancel.cancel()

    def build(self, round: int) -> Outcome:
        """Build once; raises what building raises."""
        with self._lock:
            self._cancel = cancel = Cancel()
        self._round, self._steps, self._printed = round, (), {}
        self._tell(events.Building(round, time.time()))
        try:
            return self._builds.build(self._request, self._heard, cancel)
        finally:
            with self._lock:
                self._cancel = None

    def failure(self, error: EngineError) -> events.Failed:
        """Tell why the last build failed."""
        number = error.step if isinstance(error, StepFailed) else 0
        line = error.line if isinstance(error, StepFailed) else getattr(error, "line", 0)
        step = next((one for one in self._steps if one.step == number), None)
        output = "".join(self._printed.get(number, ())).splitlines()[-LAST:]
        text = step.text if step else ""
        advice = error.resolution or ""
        return events.Failed(
            self._round, str(error), number, line, text, tuple(output), advice, time.time()
        )

    def _heard(self, event: BuildEvent) -> None:
        if isinstance(event, Planned):
            self._steps = event.steps
        elif isinstance(event, StepMissed):
            step = next((one for one in self._steps if one.step == event.step), None)
            text, line = (step.text, step.line) if step else ("", 0)
            total = len(self._steps)
            self._tell(events.Ran(self._round, event.step, total, text, line, event.why))
        elif isinstance(event, Output):
            self._printed.setdefault(event.step, deque(maxlen=LAST * 8)).append(event.data)
