"""What lives in containers on this machine: holding still, measuring, signalling."""

from __future__ import annotations

import pwd
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.workbench.usage import Process, Usage

if TYPE_CHECKING:
    from engine import Engine
    from engine.containers.programs.processes import Process as Found
    from engine.containers.programs.statistics import Meter
    from engine.containers.record import Container


class LocalLife:
    """The part of the yard on this machine that asks about running containers."""

    _engine: Engine
    _meter: Meter | None = None
    _records: tuple[Container, ...] = ()
    """As they were listed last: who runs is not read again for every sample."""

    def pause(self, container: str) -> None:
        """Hold it still."""
        self._engine.containers.pause(container)

    def unpause(self, container: str) -> None:
        """Let it go on."""
        self._engine.containers.unpause(container)

    def usage(self) -> Mapping[str, Usage]:
        """Sample those that run."""
        if self._meter is None:
            self._meter = self._engine.containers.meter()
        return {id: Usage(*used) for id, used in self._meter.sample(self._records).items()}

    def processes(self, container: str) -> tuple[Process, ...]:
        """List them as /proc has them."""
        return tuple(map(_process, self._engine.containers.processes(container)))

    def signal(self, container: str, pid: int, name: str) -> None:
        """Send it, if the process is still the container's."""
        self._engine.containers.signal(container, pid, name)


def _process(one: Found) -> Process:
    try:
        user = pwd.getpwuid(one.uid).pw_name
    except KeyError:
        user = str(one.uid)
    pids = one.pid, one.parent, one.inner
    return Process(*pids, user, one.state, one.threads, one.cpu, one.began, one.memory, one.command)
