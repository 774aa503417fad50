"""Copying out of a container and into one."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import BinaryIO, NamedTuple

from engine.containers.files.copying import host, inside
from engine.containers.files.copying.inside import Inside
from engine.containers.files.copying.paths import Target, absolute, place
from engine.containers.record import Container
from engine.errors import EngineError, InvalidInput, ReadOnly
from engine.kernel import files
from engine.layers import archiving, unarchiving
from engine.layers.archiving import Origin
from engine.layers.compression import decompressed
from engine.layers.source import Source
from engine.layers.unarchiving import Owners, Place

Progress = Callable[[int], None]
"""Hears how many bytes of the archive have gone by."""


class Copied(NamedTuple):
    """What a copy came to."""

    size: int
    """Bytes of the archive that was made; nothing if it was brought along."""
    path: str
    """Where it went, links followed."""


def out(
    here: Inside,
    path: str,
    destination: str | BinaryIO,
    *,
    follow: bool = False,
    progress: Progress | None = None,
) -> Copied:
    """Copy out of a container, to a path of the caller's or as an archive to a stream.

    Raises NotFound, InvalidInput, EngineError.
    """
    target = ""
    if isinstance(destination, str):
        target = host.local(destination)
        host.check_output(target)
    found = inside.look(here, path)
    name = b""
    if follow and found.target:
        name = os.fsencode(found.path.rstrip("/").rpartition("/")[2])
        found = inside.look(here, found.target)
    with ExitStack() as stack:
        origin = inside.origin(here, found)
        stack.callback(os.close, origin.directory)
        if not isinstance(destination, str):
            flow = _Flow(archiving.pack(origin, here.enter(found.status.st_dev)), progress)
            flow.pour(destination)
            return Copied(flow.size, "-")
        origin = origin._replace(name=name or origin.name)
        folder, origin = _placed(origin, host.target(target), found.is_directory)
        flow = _Flow(archiving.pack(origin, here.enter(found.status.st_dev)), progress)
        root = os.open("/", files.DIRECTORY)
        stack.callback(os.close, root)
        unarchiving.unpack(Source(flow), Place(root, os.fsencode(folder)), Owners(keep=False))
        return Copied(flow.size, target)


def into(
    here: Inside,
    container: Container,
    source: str | BinaryIO,
    path: str,
    *,
    follow: bool = False,
    owners: Owners,
    progress: Progress | None = None,
) -> Copied:
    """Copy into a container, from a path of the caller's or from an archive.

    Raises NotFound, InvalidInput, EngineError, ReadOnly.
    """
    target = _target(here, path)
    if not isinstance(source, str):
        if not target.is_directory:
            raise InvalidInput(f'destination "{here.name}:{path}" must be a directory')
        _unpack(here, container, Source(decompressed(source)), target.path, owners)
        return Copied(0, target.path)
    origin, is_directory = host.origin(source, follow=follow)
    try:
        folder, origin = _placed(origin, target, is_directory)
        flow = _Flow(archiving.pack(origin), progress)
        _unpack(here, container, Source(flow), folder, owners)
    finally:
        os.close(origin.directory)
    return Copied(flow.size, target.path)


def remove(here: Inside, path: str) -> None:
    """Remove a path from a container; a link goes, and what it leads to stays. Raises NotFound, OSError."""
    found = inside.look(here, path)
    if not found.base or found.base in (".", ".."):
        raise InvalidInput(f"{here.name}:{path} cannot be removed")
    folder = files.open_in_root(here.root, os.fsencode(found.folder), files.DIRECTORY)
    try:
        if found.is_directory:
            shutil.rmtree(found.base, dir_fd=folder)
        else:
            os.unlink(found.base, dir_fd=folder)
    finally:
        os.close(folder)


def _target(here: Inside, path: str) -> Target:
    """Follow the last part of a path in a container; what cannot be looked at does not exist."""
    try:
        found = inside.look(here, path)
        if found.target:
            path = found.target
            found = inside.look(here, path)
    except EngineError:
        return Target(path)
    host.check_mode(
        found.status.st_mode, f'destination "{here.name}:{path}" must be a directory or a regular file'
    )
    return Target(path, True, found.is_directory)


def _placed(origin: Origin, target: Target, is_directory: bool) -> tuple[str, Origin]:
    folder, name = place(target, os.fsdecode(origin.name), is_directory=is_directory)
    return folder, origin._replace(name=os.fsencode(name))


def _unpack(here: Inside, container: Container, source: Source, folder: str, owners: Owners) -> None:
    whole = absolute(folder)
    inside.look(here, folder)
    real = inside.followed(here.root, whole)
    found = inside.look(here, real)
    if not stat.S_ISDIR(found.status.st_mode):
        raise InvalidInput("extraction point is not a directory")
    _refuse_read_only(here, container, real)
    unarchiving.unpack(source, Place(here.root, os.fsencode(real)), owners)


def _refuse_read_only(here: Inside, container: Container, folder: str) -> None:
    directory = files.open_in_root(here.root, os.fsencode(folder), files.DIRECTORY)
    try:
        mounted = _mount(directory) != _mount(here.root)
        frozen = bool(os.statvfs(directory).f_flag & os.ST_RDONLY)
    finally:
        os.close(directory)
    if mounted and frozen:
        raise ReadOnly("mounted volume is marked read-only")
    if not mounted and (frozen or container.host_config["ReadonlyRootfs"]):
        raise ReadOnly("container rootfs is marked read-only")


def _mount(descriptor: int) -> str:
    """Tell which mount an open file lies on; proc_pid_fdinfo(5)."""
    with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as info:
        return next((line.split()[1] for line in info if line.startswith("mnt_id:")), "")


class _Flow:
    """An archive on its way, read as a stream."""

    def __init__(self, pieces: Iterator[bytes], progress: Progress | None) -> None:
        self._pieces = pieces
        self._progress = progress
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Give the next piece, whatever its size."""
        piece = next(self._pieces, b"")
        self.size += len(piece)
        if self._progress and piece:
            self._progress(self.size)
        return piece

    def pour(self, stream: BinaryIO) -> None:
        """Write all of it."""
        while piece := self.read():
            stream.write(piece)
        stream.flush()
