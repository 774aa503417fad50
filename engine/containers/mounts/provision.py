"""The volumes of a container that is being made: found, or staged to come into the store with it.

A volume that is staged is filled with what the image has at its place before anybody can see it. One that
is there already, and empty, is filled within the transaction that lists the container.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from engine.containers.mounts.mountpoints import Point
from engine.errors import Conflict, InvalidInput, from_os
from engine.kernel.mounts import Mount
from engine.runtime import view
from engine.store.ingest import Commit, Ingest
from engine.volumes import copyup
from engine.volumes.volume import LOCAL, Volume, check_name, insert, stage
from engine.volumes.volumes import Volumes

_PLACES = {"/etc": ("hostname", "hosts", "resolv.conf")}
"""What every container has files mounted on, also where it may not make them any more."""
_FILLING = "cannot fill the volume with what the image has there"


class Provision:
    """What one container gets mounted; `points` have the names of their volumes."""

    def __init__(self, volumes: Volumes, ingest: Ingest, id: str, union: Sequence[Mount]) -> None:
        self.points: tuple[Point, ...] = ()
        self._volumes, self._ingest, self._id = volumes, ingest, id
        self._union = union
        self._staged: dict[str, tuple[Volume, str]] = {}
        """Volumes that do not exist yet, each with its staged files."""
        self._fillings: dict[str, str] = {}
        """Staged files for volumes that are there and empty."""
        self._filled: set[str] = set()
        self._root: int | None = None
        self._open = ExitStack()

    def provide(self, points: Iterable[Point]) -> None:
        """Find or stage every volume. Raises InvalidInput, Conflict, NotFound."""
        try:
            with self._open:
                self.points = tuple(
                    self._provided(point) if point.type == "volume" else point for point in points
                )
        except OSError as error:
            raise from_os(error, _FILLING) from error

    def documents(self) -> list[dict[str, Any]]:
        """Write the points as a record keeps them."""
        return [point._asdict() for point in self.points]

    def enlist(self, commit: Commit) -> None:
        """List the volumes and who uses them, in the transaction that lists the container."""
        for name, (volume, files) in self._staged.items():
            if self._volumes.known(name) is None:
                insert(commit.connection, volume)
                commit.volume(os.path.dirname(files), name)
        for name, files in self._fillings.items():
            _pour(files, self._volumes.get(name).mountpoint)
        for point in self.points:
            if point.type != "volume":
                continue
            if self._volumes.known(point.name) is None:
                raise Conflict(f"volume {point.name} was removed meanwhile", resolution="try again")
            commit.connection.execute(
                "INSERT INTO container_volumes (container, volume, destination) VALUES (?, ?, ?)",
                (self._id, point.name, point.destination),
            )

    def tell(self) -> None:
        """Write down that the staged volumes are there."""
        for volume, _ in self._staged.values():
            self._volumes.tell("create", volume)

    def _provided(self, point: Point) -> Point:
        name = point.name or os.urandom(32).hex()
        volume = self._volumes.find(name) if point.name else None
        if volume is None and (point.options or point.driver not in ("", LOCAL)):
            volume = self._volumes.create(name, point.labels, point.options, point.driver)
        elif volume is not None and self._volumes.known(name) is None:
            volume = self._volumes.create(name, driver=volume.driver)
        if volume is not None and point.driver not in ("", volume.driver):
            raise Conflict(f"create {name}: conflict: volume name must be unique")
        if volume is None and name not in self._staged:
            check_name(name)
            files = stage(self._ingest.directory(f"volume-{len(self._staged)}"))
            volume = Volume(name, LOCAL, time.time(), dict(point.labels), {}, not point.name, "")
            self._staged[name] = volume, files
        if point.copied and name not in self._filled:
            self._filled.add(name)
            self._fill(name, point)
        driver = volume.driver if volume else LOCAL
        return point._replace(name=name, driver=driver)

    def _fill(self, name: str, point: Point) -> None:
        source = copyup.place(self._image(), point.destination)
        if source is None:
            return
        try:
            if copyup.is_directory(source):
                self._fill_from(source, name, _PLACES.get(point.destination, ()))
            elif point.anonymous:
                raise InvalidInput(
                    f"cannot mount volume over existing file, file exists {point.destination}"
                )
        finally:
            os.close(source)

    def _fill_from(self, source: int, name: str, places: Sequence[str]) -> None:
        if name in self._staged:
            return _copy(source, self._staged[name][1], places)
        volume = self._volumes.get(name)
        if volume.driver != LOCAL or volume.options:
            with self._volumes.opened(volume, self._id) as directory:
                if directory is not None and not os.listdir(directory):
                    copyup.copy_up(source, directory)
            return None
        if not os.listdir(volume.mountpoint):
            files = stage(self._ingest.directory(f"filling-{len(self._fillings)}"))
            _copy(source, files, places)
            self._fillings[name] = files
        return None

    def _image(self) -> int:
        """Open the image's merged root, once."""
        if self._root is None:
            self._root = self._open.enter_context(view.opened(self._union))
        return self._root


def _copy(source: int, files: str, places: Sequence[str]) -> None:
    target = os.open(files, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        copyup.copy_up(source, target)
        for name in places:
            with suppress(FileExistsError):
                os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=target))
    finally:
        os.close(target)


def _pour(files: str, place: str) -> None:
    """Move staged files into a volume that is still empty; what is there stays as it is."""
    if os.listdir(place):
        return
    for name in os.listdir(files):
        os.rename(f"{files}/{name}", f"{place}/{name}")
    source, target = (os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for path in (files, place))
    try:
        copyup.describe_like(source, target)
    finally:
        os.close(source)
        os.close(target)
