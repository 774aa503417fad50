"""Pausing: every process of a container held still by its freezer.

The bundle says so in a file before the first process stands still and until all go on, so a container whose
client was killed midway is shown as paused, and `unpause` helps it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from engine.containers import state
from engine.containers.record import Container
from engine.errors import Conflict, EngineError, from_os
from engine.events import EventLog, event
from engine.paths import ContainerPaths
from engine.runtime.cgroups.freezer import freeze, rescued, thaw


def pause(container: Container, paths: ContainerPaths, events: EventLog) -> None:
    """Hold a running container still; the caller has its lock. Raises Conflict and Unsupported."""
    now = state.read(paths)
    if now.status == "paused":
        raise Conflict(f"Container {container.id} is already paused")
    if now.status == "restarting":
        raise Conflict(f"Container {container.id} is restarting, wait until the container is running")
    if not now.running:
        raise Conflict(f"Container {container.id} is not running")
    try:
        with open(paths.paused, "w", encoding="ascii") as file:
            file.write(str(now.run))
    except OSError as error:
        raise from_os(error, f"cannot pause container {container.name}") from error
    try:
        freeze(_group(container))
    except EngineError:
        os.unlink(paths.paused)
        raise
    events.append(event("container", "pause", container.id, **container.attributes()))


def unpause(container: Container, paths: ContainerPaths, events: EventLog) -> None:
    """Let a paused container go on; the caller has its lock. Raises Conflict when it is not paused."""
    if state.read(paths).status != "paused":
        raise Conflict(f"Container {container.id} is not paused")
    release(container, paths, events)


def release(container: Container, paths: ContainerPaths, events: EventLog) -> None:
    """Let a container go on that is to get a signal; needs no lock, so that no `commit` can delay it."""
    thaw(_group(container))
    with suppress(FileNotFoundError):
        os.unlink(paths.paused)
    events.append(event("container", "unpause", container.id, **container.attributes()))


@contextmanager
def still(container: Container, paths: ContainerPaths, events: EventLog) -> Iterator[None]:
    """Hold a container still inside the block, unless it does not run or is paused already.

    The caller has its lock. It goes on even if this process is killed.
    """
    if state.read(paths).status != "running":
        yield
        return
    with rescued(_group(container), paths.paused):
        pause(container, paths, events)
        try:
            yield
        finally:
            if state.read(paths).status == "paused":
                unpause(container, paths, events)


def _group(container: Container) -> str:
    return container.cgroup
