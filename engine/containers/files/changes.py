"""What a container wrote: what differs from its image, without what only the launcher made."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from engine.containers.record import Container
from engine.layers.changes import Change
from engine.snapshots.choice import choose, made_by
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.snapshots.browsing import Browser

_STUBS = frozenset(
    {"/.dockerenv", "/dev", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/proc", "/sys"}
)
"""What the launcher makes where an image has nothing to mount upon."""


def lowers(store: Store, container: Container) -> list[str]:
    """Name the directories of the layers a container stands on, the topmost first."""
    return [store.paths.snapshot(number) for number in reversed(container.config["Snapshots"])]


def changes(store: Store, container: Container) -> list[Change]:
    """List what a container added, changed and deleted, sorted as docker sorts it."""
    paths, stack = store.paths.container(container.id), lowers(store, container)
    found = list(made_by(paths.bundle, choose(store.paths)).changes(paths.bundle, stack))
    return _written(found, paths.upper, stack)


def browser(store: Store, container: Container, layer: int = 0) -> Browser:
    """Look around in a container's layers, the writable one as the last."""
    from engine.snapshots.browsing import Browser

    paths = store.paths.container(container.id)
    stack = [*reversed(lowers(store, container)), paths.upper]
    if 0 < layer < len(stack):
        return Browser(stack[:layer], alone=True)
    whole = made_by(paths.bundle, choose(store.paths)).name == "copy"
    return Browser(stack, marked=True, alone=bool(layer), whole=whole)


def _written(changes: Sequence[Change], upper: str, lowers: Sequence[str]) -> list[Change]:
    """Leave out stubs, and the directories that changed through nothing else."""
    stubs = {path for kind, path in changes if kind == "A" and path in _STUBS and _is_stub(upper + path)}
    kept = [change for change in changes if change.path not in stubs]
    for parent in sorted({os.path.dirname(path) for path in stubs} - {"/"}):
        inside = any(change.path.startswith(f"{parent}/") for change in kept)
        if not inside and _is_as_before(parent, upper, lowers):
            kept = [change for change in kept if change.path != parent]
    return kept


def _is_stub(path: str) -> bool:
    try:
        status = os.lstat(path)
        if stat.S_ISDIR(status.st_mode):
            return not os.listdir(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and not status.st_size


def _is_as_before(path: str, upper: str, lowers: Sequence[str]) -> bool:
    """Compare a directory with what the layers have; one that they lack was made for its stubs."""
    now = os.lstat(upper + path)
    for lower in lowers:
        try:
            before = os.lstat(lower + path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        return (now.st_mode, now.st_uid, now.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    return True
