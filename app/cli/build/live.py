"""The live display: one line a step, what the running ones print, how far it is; redrawn in place.

Steps that are over stay above as ordinary lines, in order, so that a long build scrolls as any output does.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from app.cli.build import frame
from app.cli.build.board import OVER, Board
from app.cli.build.screen import Screen
from engine.build.events import Failed, Finished, Planned

if TYPE_CHECKING:
    from app.cli.build.palette import Line
    from engine.build.events import Event

INTERVAL = 1 / frame.FRAMES
"""Seconds between two pictures."""


class Live:
    """Draws a build while it goes on, in a thread of its own, so that a flood of events costs nothing."""

    def __init__(
        self,
        out: TextIO,
        dockerfile: Callable[[str], bytes],
        *,
        hint: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.failure: Failed | None = None
        self._board = Board()
        self._screen = Screen(out, os.environ)
        self._dockerfile = dockerfile
        self._hint = hint
        self._clock = clock
        self._told = 0
        """Steps whose line stays already."""
        self._headed = False
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def __call__(self, event: Event) -> None:
        """Take one event; all but the last ones are drawn when the next picture is due."""
        with self._guard:
            self._board.take(event)
        if isinstance(event, Failed):
            self.failure = event
        if isinstance(event, Planned) and self._screen.moves:
            self._ticker = threading.Thread(target=self._tick, name="display", daemon=True)
            self._ticker.start()
        elif isinstance(event, (Finished, Failed)) or not self._screen.moves:
            self.draw()

    def draw(self) -> None:
        """Draw the picture of this moment."""
        with self._guard:
            columns, rows = self._screen.size()
            now = self._clock()
            staying = self._staying(columns, now)
            over = self._board.finished or self._board.failure
            changing = [] if over else frame.running_lines(self._board, columns, rows - 1, now)
            self._screen.draw(staying, changing)

    def close(self) -> None:
        """End the display: what is still to be said, and nothing that changes."""
        if self._stop.is_set():
            return
        self._stop.set()
        if self._ticker:
            self._ticker.join()
        with self._guard:
            columns, _ = self._screen.size()
            closing = frame.warnings(self._board, columns)
            if self._board.failure:
                from app.cli.build.failure import failure

                closing += failure(self._board, self._source(), columns, hint=self._hint)
            else:
                closing += frame.total(self._board, columns)
            self._screen.draw([*self._staying(columns, self._clock()), *closing])

    def _staying(self, columns: int, now: float) -> list[Line]:
        """Take the lines that will not change any more: of the steps up to the first that is not over."""
        lines = []
        if not self._headed and self._board.plan:
            self._headed = True
            lines.append(frame.heading(self._board, columns))
        steps = self._board.steps
        ended = self._board.failure is not None
        while self._told < len(steps) and (steps[self._told].state in OVER or ended):
            step = steps[self._told]
            self._told += 1
            if step.state in OVER:
                lines.append(frame.step_line(self._board, step, columns, now))
        return lines

    def _source(self) -> str:
        """Read the Dockerfile, as far as there is one."""
        plan = self._board.plan
        if plan is None:
            return ""
        from engine.errors import EngineError

        try:
            return self._dockerfile(plan.build).decode(errors="replace")
        except (EngineError, OSError):
            return ""

    def _tick(self) -> None:
        while not self._stop.wait(INTERVAL):
            self.draw()
