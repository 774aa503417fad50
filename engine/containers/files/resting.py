"""The root of a container that does not run: its layers, and what is mounted over them.

Who opens it to write, or with mounts, holds the container's lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from engine.containers.mounts import mounting
from engine.containers.record import Container
from engine.errors import EngineError
from engine.events import EventLog
from engine.runtime import view
from engine.runtime.union import read_union
from engine.store.store import Store


def has_mounts(container: Container) -> bool:
    """Tell whether something lies over its layers that outlives a run."""
    return any(point.type != "tmpfs" for point in container.points)


@contextmanager
def opened(store: Store, events: EventLog, container: Container, *, write: bool = False) -> Iterator[int]:
    """Yield a descriptor of the root. Raises OSError, EngineError."""
    paths = store.paths.container(container.id)
    union = read_union(paths.rootfs_mounts)
    if not has_mounts(container):
        with view.opened(union, write=write) as root:
            yield root
        return
    from engine.runtime import keeper
    from engine.shim.interpreter import high, spawn

    entries = [entry for entry in mounting.entries(container, store, events) if entry["type"] != "tmpfs"]
    try:
        (theirs, order), (answer, told) = (map(high, os.pipe2(os.O_CLOEXEC)) for _ in range(2))
        try:
            process = spawn(keeper.BOOT, {keeper.ORDER: theirs, keeper.ANSWER: told})
        except OSError as error:
            raise EngineError(f"cannot mount what the container has: {error.strerror}") from error
        finally:
            os.close(theirs)
            os.close(told)
        with keeper.kept(process, order, answer, union, paths.rootfs, entries) as root:
            yield root
    finally:
        mounting.release(container, store)
