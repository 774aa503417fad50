"""What a container's files are: what it changed, all of them as an archive, and copies in and out."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import BinaryIO

from engine.containers import state
from engine.containers.copying import copy, inside
from engine.containers.copying.copy import Copied, Progress
from engine.containers.record import Container
from engine.errors import from_os
from engine.layers.archiving import Origin, pack
from engine.layers.unarchiving import Owners
from engine.paths import ContainerPaths
from engine.runtime import accounts, view
from engine.runtime.union import read_union
from engine.store.locks import Lock


def export(paths: ContainerPaths, out: BinaryIO, name: str) -> None:
    """Write a container's whole tree as an archive, without what is mounted over its layers."""
    try:
        with view.opened(read_union(paths.rootfs_mounts)) as root:
            out.writelines(pack(Origin(root, b".", b"")))
    except OSError as error:
        raise from_os(error, f"cannot export container {name}") from error


def copy_out(
    container: Container,
    paths: ContainerPaths,
    name: str,
    path: str,
    destination: str | BinaryIO,
    *,
    follow: bool = False,
    progress: Progress | None = None,
) -> Copied:
    """Copy out of a container; see `Containers.copy_from`."""
    with inside.opened(container, paths, name) as here:
        return copy.out(here, path, destination, follow=follow, progress=progress)


def copy_in(
    container: Container,
    paths: ContainerPaths,
    name: str,
    source: str | BinaryIO,
    path: str,
    *,
    follow: bool = False,
    archive: bool = False,
    progress: Progress | None = None,
) -> Copied:
    """Copy into a container; see `Containers.copy_to`."""
    rests = not container.state.running
    with Lock(paths.lock) if rests else nullcontext():
        if rests:
            # It may have been started while we waited for the lock.
            container = container._replace(state=state.read(paths))
        with inside.opened(container, paths, name, write=not container.state.running) as here:
            owners = _owners(here.root, container) if archive else Owners(os.geteuid() == 0)
            return copy.into(here, container, source, path, follow=follow, owners=owners, progress=progress)


def _owners(root: int, container: Container) -> Owners:
    """With `-a` files become those of the container's user, if it has one: so docker does."""
    user = container.config["Config"].get("User") or ""
    if not user:
        return Owners()
    account = accounts.resolve(root, user)
    return Owners(everyone=(account.uid, account.gid))
