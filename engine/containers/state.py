"""The state of a container, read from its bundle.

The living truth is the shim, what is over stands in `exit`.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from engine.paths import ContainerPaths
from engine.shim.record import Ended, Started, read_ended, read_started
from engine.store.locks import is_locked

LOST = "the container's monitor was killed, and the container with it"
KILLED = 137


class State(NamedTuple):
    """Where a container is in its lifecycle."""

    status: str = "created"
    """created, running or exited; paused, restarting and dead as docker has them."""
    pid: int = 0
    exit_code: int = 0
    started_at: float = 0.0
    """Seconds since the epoch; 0 is never."""
    finished_at: float = 0.0
    error: str = ""
    oom_killed: bool = False
    run: int = 0
    """How often it has been started."""
    ticks: int = 0
    """When the process started, in clock ticks since boot."""
    restarts: int = 0
    """How often it was started again by its policy."""
    health: str = "none"
    """starting, healthy or unhealthy; none if nobody asks."""
    lost: bool = False
    """Its shim was killed, and its end has yet to be written down."""

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.status in ("running", "paused", "restarting")


def read(paths: ContainerPaths) -> State:
    """Read the state; a run without an end whose shim is gone has been lost and counts as killed."""
    started = read_started(paths.state)
    ended = read_ended(paths.exit)
    if started and not (ended and ended.run >= started.run):
        if is_locked(paths.alive):
            return _lives(started, "paused" if paused_run(paths) == started.run else "running")
        # Between our two looks the shim may have ended properly.
        ended = read_ended(paths.exit)
    if started is None:
        return _never_ran(ended)
    over = _over(started, ended)
    if ended and ended.again and is_locked(paths.alive):
        return over._replace(status="restarting")
    return over


def _lives(started: Started, status: str) -> State:
    return State(
        status,
        started.pid,
        started_at=started.started_at,
        run=started.run,
        ticks=started.ticks,
        restarts=started.restarts,
    )


def paused_run(paths: ContainerPaths) -> int:
    """Read which run is held still; 0 is none."""
    try:
        descriptor = os.open(paths.paused, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        return int(os.read(descriptor, 32) or b"0")
    finally:
        os.close(descriptor)


def _never_ran(ended: Ended | None) -> State:
    if ended is None:
        return State()
    return State("created", exit_code=ended.exit_code, error=ended.error, run=ended.run)


def _over(started: Started, ended: Ended | None) -> State:
    if ended is None or ended.run < started.run:
        began = started.started_at
        return State(
            "exited", 0, KILLED, began, began, LOST, run=started.run, restarts=started.restarts, lost=True
        )
    began = 0.0 if ended.failed and ended.run > started.run else started.started_at
    return State(
        "exited",
        0,
        ended.exit_code,
        began or started.started_at,
        ended.finished_at,
        ended.error,
        ended.oom_killed,
        ended.run,
        restarts=started.restarts,
    )
