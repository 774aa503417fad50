"""What a container's files are: what it changed, all of them as an archive, and copies in and out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import BinaryIO

from engine.containers import state
from engine.containers.files import resting
from engine.containers.files.copying import copy, inside
from engine.containers.files.copying.copy import Copied, Progress
from engine.containers.files.copying.inside import Inside
from engine.containers.record import Container
from engine.errors import EngineError, from_os
from engine.events import EventLog
from engine.layers.archiving import Origin, pack
from engine.layers.unarchiving import Owners
from engine.paths import ContainerPaths
from engine.runtime import accounts, view
from engine.runtime.union import read_union
from engine.store.locks import Lock
from engine.store.store import Store


def export(paths: ContainerPaths, out: BinaryIO, name: str) -> None:
    """Write a container's whole tree as an archive, without what is mounted over its layers."""
    try:
        with view.opened(read_union(paths.rootfs_mounts)) as root:
            out.writelines(pack(Origin(root, b".", b"")))
    except OSError as error:
        raise from_os(error, f"cannot export container {name}") from error


class Files:
    """The files of one container, which is called `name`."""

    def __init__(self, store: Store, events: EventLog, container: Container, name: str) -> None:
        self._store, self._events = store, events
        self._container, self._name = container, name
        self._paths = store.paths.container(container.id)

    def copy_out(
        self, path: str, destination: str | BinaryIO, *, follow: bool, progress: Progress | None
    ) -> Copied:
        """Copy out of it; see `Contents.copy_from`."""
        try:
            with self._opened() as here:
                return copy.out(here, path, destination, follow=follow, progress=progress)
        except OSError as error:
            raise _said(error, f"cannot copy {self._name}:{path}") from error

    def copy_in(
        self, source: str | BinaryIO, path: str, *, follow: bool, archive: bool, progress: Progress | None
    ) -> Copied:
        """Copy into it; see `Contents.copy_to`."""
        try:
            with self._opened(write=True) as here:
                owners = _owners(here.root, self._container) if archive else Owners(os.geteuid() == 0)
                return copy.into(
                    here, self._container, source, path, follow=follow, owners=owners, progress=progress
                )
        except OSError as error:
            raise _said(error, f"cannot copy to {self._name}:{path}") from error

    def remove(self, path: str) -> None:
        """Remove from it; see `Contents.remove_path`."""
        try:
            with self._opened(write=True) as here:
                copy.remove(here, path)
        except OSError as error:
            raise _said(error, f"cannot remove {self._name}:{path}") from error

    @contextmanager
    def _opened(self, *, write: bool = False) -> Iterator[Inside]:
        """Open the root; while one that rests is written to, or has mounts, it cannot be started."""
        if self._container.state.running:
            with inside.of_process(self._container.state, self._name) as here:
                yield here
            return
        alone = write or resting.has_mounts(self._container)
        with Lock(self._paths.lock) if alone else nullcontext():
            now = state.read(self._paths)
            if alone and now.running:
                # It was started while we waited for the lock.
                with inside.of_process(now, self._name) as here:
                    yield here
                return
            with resting.opened(self._store, self._events, self._container, write=write) as root:
                yield Inside(root, self._name, frozenset())


def _owners(root: int, container: Container) -> Owners:
    """With `-a` files become those of the container's user, if it has one: so docker does."""
    user = container.config["Config"].get("User") or ""
    if not user:
        return Owners()
    account = accounts.resolve(root, user)
    return Owners(everyone=(account.uid, account.gid))


def _said(error: OSError, doing: str) -> EngineError:
    """Leave out the file's name: it is a descriptor's number, or a name without its folder."""
    return from_os(OSError(error.errno, error.strerror), doing)
