"""Filling the Stats and Processes tabs, at once and again with every sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workbench.tabs.processes import ProcessList
from app.workbench.tabs.stats import StatsView
from app.workbench.usage import History, Process
from app.workbench.yard import Container, Yard
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.workbench.errands import Errands


_SOON = "The first figures come in a moment."
_NEVER = "It does not run: nothing is used."


class Living:
    """The two tabs that tell how a container lives; `history` is what was measured so far."""

    def __init__(self, yard: Yard, errands: Errands, stats: StatsView, processes: ProcessList) -> None:
        self.history = History()
        self._yard, self._errands = yard, errands
        self._stats, self._processes = stats, processes
        self._shown = ""
        self._tab = ""
        self._reading = False

    def show(self, container: Container, tab: str) -> None:
        """Show one container, or the same one as it is now."""
        other = (container.id, tab) != (self._shown, self._tab)
        self._shown, self._tab = container.id, tab
        if tab == "Stats":
            apology = _SOON if container.alive else _NEVER
            self._stats.show(self.history.of(container.id), alive=container.alive, apology=apology)
        elif not container.alive:
            self._processes.clear("It does not run: there are no processes.")
        else:
            if other:
                self._processes.clear("")
            self._read(container.id)

    def leave(self) -> None:
        """Read nothing more."""
        self._shown = self._tab = ""

    def _read(self, id: str) -> None:
        if self._reading:
            return
        self._reading = True

        def done(found: tuple[Process, ...]) -> None:
            self._reading = False
            if (id, "Processes") == (self._shown, self._tab):
                self._processes.show(found, self._yard.now())
            elif self._tab == "Processes":
                self._read(self._shown)

        def failed(error: EngineError) -> None:
            self._reading = False
            if id == self._shown:
                self._processes.clear(str(error))

        self._errands.run(lambda: self._yard.processes(id), done, failed)
