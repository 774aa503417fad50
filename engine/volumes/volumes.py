"""Volumes: directories that outlive the containers which use them, ours and those of other drivers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from engine.errors import EngineError, InUse, InvalidInput, NotFound
from engine.events import EventLog, event
from engine.store.store import Store
from engine.volumes import local
from engine.volumes.filters import Filters, questions, truth
from engine.volumes.local import Source
from engine.volumes.volume import LOCAL, Volume, check_driver, check_name, from_row, insert, stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.store.discard import Discard
    from engine.volumes.browsing import Browser
    from engine.volumes.plugins import Plugin

class Pruned(NamedTuple):
    """What a prune took away."""

    removed: tuple[str, ...]
    reclaimed: int
    """Bytes."""


class Volumes:
    """The volumes of one store, and those that the drivers of others know."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self.store = store
        self.events = events

    def list(self, filters: Filters = {}) -> list[Volume]:  # noqa: B006 - never written to
        """Return the volumes that pass every filter, by name.

        Filters: name (a regular expression), label, driver, dangling. Raises InvalidInput for others.
        """
        asked = questions(filters, self._used)
        rows = [from_row(row, self.store.paths) for row in self.store.query("SELECT * FROM volumes")]
        found = {volume.name: volume for volume in (*self._elsewhere(), *rows)}
        return [found[name] for name in sorted(found) if all(question(found[name]) for question in asked)]

    def get(self, name: str) -> Volume:
        """Return one volume, also one that only its driver knows. Raises NotFound."""
        found = self.find(name)
        if found is None:
            raise NotFound(f"get {name}: no such volume")
        return found

    def find(self, name: str) -> Volume | None:
        """Return one volume, also one that only its driver knows; None if there is none."""
        return self.known(name) or next((one for one in self._elsewhere() if one.name == name), None)

    def known(self, name: str) -> Volume | None:
        """Return one volume if it is in the records."""
        rows = self.store.query("SELECT * FROM volumes WHERE name = ?", (name,))
        return from_row(rows[0], self.store.paths) if rows else None

    def create(
        self,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
        driver: str = "",
    ) -> Volume:
        """Make a volume, or return the one that has the name already.

        Raises InvalidInput for a bad name or bad options, NotFound for a driver there is not, Conflict for a
        name that another driver's volume has.
        """
        anonymous = not name
        name = name or os.urandom(32).hex()
        present = self.known(name)
        if present:
            check_driver(present, driver)
            return present
        options = dict(options or {})
        try:
            if driver in ("", LOCAL):
                check_name(name)
                local.check(options)
            else:
                self.plugin(driver).create(name, options)
        except EngineError as error:
            if error.brief.startswith("create "):
                raise
            raise type(error)(f"create {name}: {error.brief}", resolution=error.resolution) from error
        volume = Volume(name, driver or LOCAL, time.time(), dict(labels or {}), options, anonymous, "")
        return self._enlist(volume)

    def inspect(self, name: str) -> dict[str, Any]:
        """Describe a volume as docker's JSON document."""
        volume = self.get(name)
        if volume.driver != LOCAL:
            volume = self._told(volume)
        return {
            "CreatedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(volume.created)),
            "Driver": volume.driver,
            "Labels": volume.labels or None,
            "Mountpoint": volume.mountpoint,
            "Name": volume.name,
            "Options": volume.options or None,
            "Scope": volume.scope,
            **({"Status": dict(volume.status)} if volume.status else {}),
        }

    def users(self, name: str) -> tuple[str, ...]:
        """Return the ids of the containers that use a volume, running or not."""
        rows = self.store.query(
            "SELECT DISTINCT container FROM container_volumes WHERE volume = ? ORDER BY container", (name,)
        )
        return tuple(row["container"] for row in rows)

    def size(self, name: str) -> int:
        """Add up the bytes of its regular files; of what is no directory of ours nothing is known: 0."""
        from engine.store.usage import tree_size

        volume = self.get(name)
        return tree_size(volume.mountpoint) if volume.measurable else 0

    def browse(self, name: str) -> Browser:
        """Look around in a volume's files. Raises NotFound; Unsupported for what is in memory."""
        from engine.volumes.browsing import Browser

        return Browser(self, self.get(name))

    def remove(self, name: str, force: bool = False) -> None:
        """Delete a volume and its files.

        Raises InUse, and NotFound unless forced.
        """
        try:
            volume = self.get(name)
        except NotFound:
            if force:
                return
            raise
        with self.store.discard() as discard:
            users = self.users(name)
            if users:
                raise InUse(
                    f"remove {name}: volume is in use - [{', '.join(users)}]",
                    resolution="remove the containers that use it first",
                )
            if volume.driver != LOCAL:
                self._remove_remote(volume, force)
            self.unlist(discard, volume)
        self.tell("destroy", volume)

    def unlist(self, discard: Discard, volume: Volume) -> None:
        """Delete a volume's row, and its files if they are ours, inside of a removal."""
        discard.connection.execute("DELETE FROM volumes WHERE name = ?", (volume.name,))
        if volume.driver == LOCAL:
            discard.volume(volume.name)

    def remove_unused(self, discard: Discard, names: Iterable[str]) -> Sequence[Volume]:
        """Delete of these volumes those that no container uses, inside of a removal; return them."""
        removed = []
        for volume in filter(None, map(self.known, names)):
            if self.users(volume.name):
                continue
            if volume.driver != LOCAL:
                self._remove_remote(volume, force=True)
            self.unlist(discard, volume)
            removed.append(volume)
        return removed

    def prune(self, filters: Filters = {}, *, all: bool = True) -> Pruned:  # noqa: B006 - never written to
        """Delete the volumes that no container uses and every filter lets go, or of these the unnamed only.

        A volume with options, or of another driver, may be known elsewhere: it stays, as docker has it.
        Filters: label, label!, all. Raises InvalidInput for others.
        """
        filters = dict(filters)
        if "all" in filters:
            all = truth("all", filters.pop("all"))
        for key in filters:
            if key not in ("label", "label!"):
                raise InvalidInput(f"Invalid filter '{key}'")
        removed, reclaimed = [], 0
        with self.store.discard() as discard:
            for volume in self.list({**filters, "dangling": ["true"], "driver": [LOCAL]}):
                if (all or volume.anonymous) and volume.measurable:
                    reclaimed += self.size(volume.name)
                    self.unlist(discard, volume)
                    removed.append(volume)
        for volume in removed:
            self.tell("destroy", volume)
        self.events.append(event("volume", "prune", "", reclaimed=str(reclaimed)))
        return Pruned(tuple(volume.name for volume in removed), reclaimed)

    def source(self, name: str, id: str) -> Source:
        """Name what the container `id` is to mount for a volume; its driver is told.

        Raises StartFailed and NotFound.
        """
        volume = self.get(name)
        if volume.driver == LOCAL:
            return local.source(volume.options, volume.mountpoint)
        try:
            place = self.plugin(volume.driver).mount(name, id)
        except EngineError as error:
            raise type(error)(
                f"error while mounting volume '{volume.mountpoint}': {error.brief}", details=error.details
            ) from error
        return Source("bind", place, ("rbind", "rprivate"))

    @contextmanager
    def opened(self, volume: Volume, id: str) -> Iterator[int | None]:
        """Yield a descriptor of the volume's directory, for the container `id`; None for one in memory."""
        if volume.driver == LOCAL:
            with local.opened(volume.options, volume.mountpoint) as directory:
                yield directory
            return
        plugin = self.plugin(volume.driver)
        place = plugin.mount(volume.name, id)
        try:
            directory = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                yield directory
            finally:
                os.close(directory)
        finally:
            plugin.unmount(volume.name, id)

    def tell(self, action: str, volume: Volume, **more: str) -> None:
        """Write an event down."""
        self.events.append(event("volume", action, volume.name, driver=volume.driver, **more))

    def _enlist(self, volume: Volume) -> Volume:
        with self.store.ingest() as ingest:
            directory = stage(ingest.directory("volume"))
            with ingest.commit() as commit:
                present = self.known(volume.name)
                if present:
                    check_driver(present, volume.driver)
                    return present
                insert(commit.connection, volume)
                if volume.driver == LOCAL:
                    commit.volume(os.path.dirname(directory), volume.name)
        self.tell("create", volume)
        return self.get(volume.name)

    def _remove_remote(self, volume: Volume, force: bool) -> None:
        try:
            self.plugin(volume.driver).remove(volume.name)
        except EngineError as error:
            if not force:
                brief = f"remove {volume.name}: {error.brief}"
                raise type(error)(brief, resolution=error.resolution) from error

    def plugin(self, driver: str) -> Plugin:
        """Find the driver of others that has this name. Raises NotFound."""
        from engine.volumes.plugins import find

        try:
            return find(driver)
        except NotFound as error:
            raise NotFound(f"error looking up volume plugin {driver}: {error.brief}") from None

    def _elsewhere(self) -> Iterator[Volume]:
        """Yield what the drivers of others have."""
        from engine.volumes.plugins import everyone

        for plugin in everyone():
            scope = plugin.scope()
            for remote in plugin.list():
                yield Volume(
                    remote.name, plugin.name, remote.moment, {}, {}, False, remote.mountpoint, scope
                )

    def _told(self, volume: Volume) -> Volume:
        """Add what its driver tells of it now."""
        plugin = self.plugin(volume.driver)
        remote = plugin.get(volume.name)
        if remote is None:
            raise NotFound(f"get {volume.name}: no such volume")
        return volume._replace(
            mountpoint=remote.mountpoint or plugin.path(volume.name),
            status=remote.status,
            scope=plugin.scope(),
        )

    def _used(self) -> set[str]:
        return {row["volume"] for row in self.store.query("SELECT DISTINCT volume FROM container_volumes")}
