"""Putting a container in the place of another one: the same name, the same volumes, a newer image.

The next one is ready before the old one is asked to end. Should it not start, the old one is started again.
"""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.errors import Conflict, EngineError, NotFound, StartFailed
from engine.kernel.processes import ignores
from engine.runtime.signals import number_of

if TYPE_CHECKING:
    from engine.containers.containers import Containers
    from engine.containers.options import Options
    from engine.containers.record import Container

GRACE = 2
"""Seconds for the old one to end, unless it has a timeout of its own (`--stop-timeout`)."""


def replace(containers: Containers, old: Container, image: str, options: Options | None = None) -> str:
    """Run `image` in the place of a container, as `options` say or just like it; return the new one's id.

    Raises what creating raises, with the old one running; and StartFailed, with the old one running again if
    it can be.
    """
    passing = f"{old.name}.{old.id[:12]}"
    if options is None:
        new = containers.renew(old.id, image, passing)
    else:
        new = containers.create(image, options._replace(name=passing), keeping=old.id)
    try:
        ran = old.state.running
        stop(containers, old)
        gone = _gone(containers, old)
        if gone:
            containers.rename(new, old.name)
        else:
            containers.exchange(old.id, new)
        containers.start(new)
    except EngineError as error:
        _take_back(containers, old, new, ran=ran)
        raise _told(error) from None
    if not gone:
        _remove(containers, old.id)
    return new


def stop(containers: Containers, old: Container) -> None:
    """Ask a container to end; one that would not hear it is not waited for."""
    if not old.state.running:
        return
    own = old.config["Config"].get("StopTimeout")
    wanted = number_of(old.stop_signal)
    try:
        if wanted != signal.SIGKILL and not ignores(old.state.pid, wanted):
            containers.stop(old.id, GRACE if own is None else own)
        else:
            containers.kill(old.id)
    except (Conflict, NotFound):
        # It has ended by itself; one that is removed at its end may be gone.
        return


def _gone(containers: Containers, old: Container) -> bool:
    """Remove what would remove itself, and tell whether it is there no more."""
    if old.host_config["AutoRemove"]:
        containers.bury(old.id)
    try:
        containers.get(old.id)
    except NotFound:
        return True
    return False


def _take_back(containers: Containers, old: Container, new: str, *, ran: bool) -> None:
    """Let the old one run again, as far as it is still there; the first error says more than a second one."""
    with suppress(EngineError):
        if containers.get(new).name == old.name:
            containers.exchange(old.id, new)
    with suppress(EngineError):
        if ran:
            containers.start(old.id)
    _remove(containers, new)


def _remove(containers: Containers, id: str) -> None:
    with suppress(EngineError):
        containers.remove(id, force=True, volumes=True)


def _told(error: EngineError) -> EngineError:
    return StartFailed(
        f"the new container cannot be started: {error.brief}",
        error.code if isinstance(error, StartFailed) else 125,
        details=error.details,
        resolution=error.resolution,
    )
