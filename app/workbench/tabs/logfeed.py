"""What the Logs tab shows: the log of one container, or those of several as one, opened in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from app.workbench.logwatch import PAUSE, LogWatch
from app.workbench.merged import Merged, Part
from app.workbench.sieve import Opener
from app.workbench.tabs.logs import LogView
from app.workbench.yard import Container, Log, Yard
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.workbench.errands import Errands

_PAUSE_EACH = 0.003
"""Seconds more between two tellings for every log that is followed: many may always be growing."""


class LogFeed:
    """Opens logs, follows them and lets go of them again."""

    def __init__(
        self, yard: Yard, errands: Errands, later: Callable[..., object], view: LogView
    ) -> None:
        self._yard, self._errands, self._later, self._view = yard, errands, later, view
        self._shown: tuple[str, ...] = ()
        self._watch: LogWatch | None = None

    def show(self, containers: Sequence[Container]) -> None:
        """Show the logs of these containers, or the same ones as they are now."""
        ids = tuple(one.id for one in containers)
        live = any(one.alive for one in containers)
        if ids == self._shown:
            self._view.tell(_silence(containers), live=live)
            if self._watch:
                self._view.grow()
            return
        # The lines before stay until the new ones are there, so that nothing flickers.
        self._stop_watching()
        self._shown = ids

        def done(answer: tuple[Log, Opener | None, str]) -> None:
            log, opener, label = answer
            if ids != self._shown:
                log.close()
                return
            self._view.open(log, _silence(containers), live=live, label=label, opener=opener)
            self._watch = LogWatch(
                partial(self._yard.log_changes, ids),
                lambda: self._later(self._grow, ids),
                PAUSE + len(ids) * _PAUSE_EACH * (len(ids) > 1),
            )

        def failed(error: EngineError) -> None:
            if ids == self._shown:
                self._view.open(None, str(error))

        self._errands.run(partial(self._open, tuple(containers)), done, failed)

    def leave(self) -> None:
        """Show nothing any more."""
        self._stop_watching()
        self._shown = ()
        self._view.open(None)

    def _open(self, containers: Sequence[Container]) -> tuple[Log, Opener | None, str]:
        if len(containers) == 1:
            opener = partial(self._yard.log, containers[0].id)
            return opener(), opener, ""
        parts: list[Part] = []
        without: list[str] = []
        for one in containers:
            opener = partial(self._yard.log, one.id)
            try:
                parts.append(Part(one.name, opener(), opener))
            except EngineError:
                without.append(one.name)
        label = f"{len(parts)} containers" + (f", none of {', '.join(without)}" if without else "")
        return Merged(parts), None, label

    def _grow(self, ids: tuple[str, ...]) -> None:
        if ids == self._shown:
            self._view.grow()

    def _stop_watching(self) -> None:
        if self._watch:
            self._watch.close()
            self._watch = None


def _silence(containers: Sequence[Container]) -> str:
    """Say what stands in place of lines."""
    if len(containers) != 1:
        return "None of them has printed anything."
    if containers[0].status == "created":
        return "Not started yet: S starts it."
    return "It has printed nothing yet." if containers[0].alive else "It printed nothing."
