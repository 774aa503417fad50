"""Removing a container that does not run: its row, its bundle and, if they are to go, its own volumes."""

from __future__ import annotations

from collections.abc import Sequence

from engine.containers import state
from engine.containers.lifecycle import Lifecycle
from engine.containers.record import Container
from engine.containers.refusals import running
from engine.errors import NotFound, from_os
from engine.store.locks import Lock
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.volumes.volume import Volume
    from engine.volumes.volumes import Volumes


def remove(store: Store, lifecycle: Lifecycle, container: Container, volumes: Volumes | None) -> bool:
    """Remove; `volumes` loses those of the container's own that nobody else uses.

    Tell whether the container was still there. Raises Conflict, NotFound.
    """
    paths = store.paths.container(container.id)
    own = [point.name for point in container.points if point.anonymous]
    emptied: Sequence[Volume] = ()
    try:
        with Lock(paths.lock):
            if state.read(paths).running:
                raise running(container)
            lifecycle.let_go(container)
            with store.discard() as discard:
                deleted = discard.connection.execute("DELETE FROM containers WHERE id = ?", (container.id,))
                gone = bool(deleted.rowcount)
                discard.container(container.id)
                if volumes and own:
                    emptied = volumes.remove_unused(discard, own)
    except FileNotFoundError:
        raise NotFound(f"No such container: {container.name}") from None
    except OSError as error:
        raise from_os(error, f"cannot remove container {container.name}") from error
    for volume in emptied:
        assert volumes is not None
        volumes.tell("destroy", volume)
    return gone
