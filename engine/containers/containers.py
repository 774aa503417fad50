"""Containers as the engine offers them: create, start, stop, look, remove."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

from engine.containers import record, state
from engine.containers.activity import Activity
from engine.containers.contents import Contents
from engine.containers.names import checked
from engine.containers.record import Container
from engine.errors import Conflict, EngineError, InvalidInput, NotFound
from engine.events import EventLog, event
from engine.store.locks import is_locked
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.containers.creation import Source
    from engine.containers.lifecycle import Lifecycle
    from engine.containers.limits.limits import Limits
    from engine.containers.options import Options
    from engine.containers.programs.session import Attached
    from engine.network.endpoint import Joining
    from engine.network.networks import Networks
    from engine.shim.spawn import Shim
    from engine.snapshots.protocol import Snapshotter
    from engine.volumes.volumes import Volumes

Filters = Mapping[str, Sequence[str]]

_ABANDONED_SECONDS = 3.0
"""How long after its end an `--rm` container may still be there before whoever lists it removes it."""


class Sizes(NamedTuple):
    """What a container takes, in bytes."""

    writable: int
    total: int
    """The image's layers included."""


class Pruned(NamedTuple):
    """What `prune` took away."""

    removed: list[str]
    reclaimed: int


class Containers(Activity, Contents):
    """The containers of one store."""

    def __init__(
        self,
        store: Store,
        events: EventLog,
        image_source: Callable[[str], Source],
        ready: Shim | None = None,
    ) -> None:
        self.store = store
        self.events = events
        self._image_source = image_source
        self._ready = ready

    def create(self, image: str, options: Options | None = None, keeping: str = "") -> str:
        """Make a container of an image, as that says but for the `options`; return its id.

        Anonymous volumes of the container `keeping` are mounted where it had them.
        """
        from engine.containers import creation
        from engine.containers.options import Options

        source, wanted = self._image_source(image), options or Options()
        kept = [point for point in self.get(keeping).points if point.anonymous] if keeping else ()
        id = creation.create(
            self.store, self._snapshotter, source, wanted, lambda: self._volumes, lambda: self._networks, kept
        )
        self._tell(record.find(self.store, id), "create")
        return id

    def renew(self, name: str, image: str, new: str) -> str:
        """Make a container called `new`, like another one but of another image; return its id.

        Both have the same volumes. Raises AlreadyExists, NotFound.
        """
        from engine.containers.creation import put
        from engine.containers.renewal import renewed

        old = self.get(name)
        before = self._image_source(old.image_id).config
        draft = renewed(old, before, self._image_source(image), checked(new), self._networks)
        id = put(self.store, self._snapshotter, draft, lambda: self._volumes)
        self._tell(record.find(self.store, id), "create")
        return id

    def exchange(self, one: str, other: str) -> None:
        """Give two containers each other's name and addresses, at once."""
        pair = self.get(one), self.get(other)
        with self.store.transaction() as connection:
            # No two may have the same name, not even in between.
            for name, id in ((None, pair[0].id), (pair[0].name, pair[1].id), (pair[1].name, pair[0].id)):
                connection.execute("UPDATE containers SET name = ? WHERE id = ?", (name or pair[0].id, id))
            connection.execute(
                "UPDATE endpoints SET container = CASE container WHEN ?1 THEN ?2 ELSE ?1 END"
                " WHERE container IN (?1, ?2)",
                (pair[0].id, pair[1].id),
            )
        for container, name in zip(pair, (pair[1].name, pair[0].name), strict=True):
            self._tell(container._replace(name=name), "rename", oldName=f"/{container.name}")

    def prestart(self) -> None:
        """Bring up a monitor for the next `start`."""
        self._lifecycle.prestart()

    def stand_down(self) -> None:
        """Let a monitor go that was brought up and not needed."""
        self._lifecycle.stand_down()

    def remove(self, name: str, *, force: bool = False, volumes: bool = False) -> None:
        """Remove a container; a running one only with `force`. Raises Conflict."""
        container = self.get(name)
        if container.state.running:
            if not force:
                from engine.containers.refusals import running

                raise running(container)
            return self._remove_running(container, volumes)
        return self._remove(container, volumes)

    def update(self, name: str, limits: Limits, restart: tuple[str, int] | None = None) -> None:
        """Give a container other limits, at once and for ever, or another restart policy."""
        from engine.containers.limits.updating import update

        container = self.get(name)
        with self._lifecycle.locked(container):
            update(self.store, container, limits, restart)
        if restart and container.state.running:
            self._lifecycle.say(container, {"do": "policy", "policy": restart})
        self._tell(container, "update")

    def rename(self, name: str, new: str) -> None:
        """Give a container another name."""
        container = self.get(name)
        wanted = checked(new)
        if wanted == container.name:
            raise InvalidInput("Renaming a container with the same name as its current name")
        with self.store.transaction() as connection:
            taken = connection.execute("SELECT id FROM containers WHERE name = ?", (wanted,)).fetchone()
            if taken:
                from engine.containers.creation import name_taken

                raise name_taken(wanted, taken["id"])
            connection.execute("UPDATE containers SET name = ? WHERE id = ?", (wanted, container.id))
        container, old = container._replace(name=wanted), container.name
        if container.state.running and container.networks:
            from engine.containers.network.wiring import renamed

            renamed(container, self._networks)
        self._tell(container, "rename", oldName=f"/{old}")

    def connect(self, name: str, asked: Joining) -> None:
        """Plug a container into one more network; a running one feels it at once.

        Raises NotFound, Conflict, InUse, InvalidInput, StartFailed.
        """
        from engine.containers.network.wiring import connect

        connect(self.get(name), asked, self._networks, self._lifecycle)

    def disconnect(self, name: str, network: str, *, force: bool = False) -> None:
        """Plug a container out of a network. Raises NotFound unless forced, and Conflict."""
        from engine.containers.network.wiring import disconnect

        disconnect(self.get(name), network, self._networks, self._lifecycle, force=force)

    def prune(self, filters: Filters | None = None) -> Pruned:
        """Remove every container that does not run.

        Filters: until, label, label!. Raises InvalidInput for others.
        """
        from engine.containers.listing import prunable

        removed, reclaimed = [], 0
        for container in prunable(self.list(all=True), filters or {}):
            try:
                size = self.sizes(container.id).writable
                self._remove(container)
            except (NotFound, Conflict):
                # Somebody else has removed or started it meanwhile.
                continue
            removed.append(container.id)
            reclaimed += size
        return Pruned(removed, reclaimed)

    def bury(self, id: str) -> None:
        """Remove an ended `--rm` container, unless somebody has already."""
        try:
            container = self.get(id)
            if not container.state.running:
                self._remove(container, volumes=True)
        except (NotFound, Conflict):
            return

    def start(self, name: str) -> None:
        """Start a container. Raises StartFailed, whose `code` is docker's exit code."""
        self._start(name, (0, 0), attached=False)

    def start_attached(self, name: str, size: tuple[int, int] = (0, 0)) -> Attached:
        """Start a container and take a place at its program, whose terminal has `size` columns and rows.

        Raises StartFailed, and Conflict for one that runs already.
        """
        session = self._start(name, size, attached=True)
        return session or self.attach(name, stdin=True)

    def stop(self, name: str, timeout: int | None = None, signal: str | None = None) -> None:
        """Ask a container to stop, and kill it after its timeout (seconds)."""
        self._lifecycle.stop(name, timeout, signal)

    def restart(self, name: str, timeout: int | None = None, signal: str | None = None) -> None:
        """Stop a container if it runs, then start it."""
        self._lifecycle.restart(name, timeout, signal)

    def kill(self, name: str, signal: str = "SIGKILL") -> None:
        """Send a signal to a running container."""
        self._lifecycle.kill(name, signal)

    def pause(self, name: str) -> None:
        """Hold every process of a running container still. Raises Conflict and Unsupported."""
        from engine.containers.programs import pausing

        container = self.get(name)
        with self._lifecycle.locked(container) as paths:
            pausing.pause(container, paths, self.events)

    def unpause(self, name: str) -> None:
        """Let a paused container go on. Raises Conflict when it is not paused."""
        from engine.containers.programs import pausing

        container = self.get(name)
        with self._lifecycle.locked(container) as paths:
            pausing.unpause(container, paths, self.events)

    def wait(self, name: str) -> int:
        """Wait for a container's end; return its exit code."""
        return self._lifecycle.wait(name)

    def get(self, name: str) -> Container:
        """Find a container by name or (short) id. Raises NotFound or Ambiguous."""
        return self._settled(record.find(self.store, name))

    def list(self, all: bool = False, filters: Filters | None = None, limit: int = 0) -> list[Container]:
        """List containers, the newest first; without `all` only those that run."""
        from engine.containers import listing

        containers = [self._settled(container) for container in record.everything(self.store)]
        present = [container for container in containers if not self._abandoned(container)]
        return listing.select(present, all=all, filters=filters, limit=limit)

    def inspect(self, name: str, size: bool = False) -> dict[str, Any]:
        """Describe a container as docker's JSON document."""
        from engine.containers import inspection

        container = self.get(name)
        document = inspection.inspect(container, self.store, self._networks)
        if size:
            document["SizeRw"], document["SizeRootFs"] = self.sizes(container.id)
        return document

    def sizes(self, name: str) -> Sizes:
        """Measure what a container takes on disk."""
        from engine.snapshots.choice import made_by

        container = record.find(self.store, name)
        bundle = self.store.paths.container(container.id).bundle
        writable = made_by(bundle, self._snapshotter).usage(bundle)
        numbers = container.config["Snapshots"]
        marks = ",".join("?" * len(numbers))
        total = self.store.query(
            f"SELECT ifnull(sum(size), 0) AS total FROM layers WHERE snapshot IN ({marks})", numbers
        )
        return Sizes(writable, writable + total[0]["total"])

    def union(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """List the layers under a container, the bottom first, each with its size and directory."""
        numbers = record.find(self.store, name).config["Snapshots"]
        rows = {
            row["snapshot"]: row
            for row in self.store.query("SELECT snapshot, chain_id, diff_id, size FROM layers")
        }
        return tuple({**rows[n], "path": self.store.paths.snapshot(n)} for n in numbers if n in rows)

    @cached_property
    def _volumes(self) -> Volumes:
        from engine.volumes.volumes import Volumes

        return Volumes(self.store, self.events)

    @cached_property
    def _networks(self) -> Networks:
        from engine.network.networks import Networks

        return Networks(self.store, self.events)

    @cached_property
    def _lifecycle(self) -> Lifecycle:
        from engine.containers.lifecycle import Lifecycle

        return Lifecycle(self.store, self.events, self._ready)

    @cached_property
    def _snapshotter(self) -> Snapshotter:
        from engine.snapshots.choice import choose

        return choose(self.store.paths)

    def _start(self, name: str, size: tuple[int, int], *, attached: bool) -> Attached | None:
        """Start; an `--rm` container that cannot be started goes at once."""
        try:
            return self._lifecycle.start(name, size, attached=attached)
        except (EngineError, OSError):
            container = record.find(self.store, name)
            if container.host_config["AutoRemove"]:
                self.bury(container.id)
            raise

    def _settled(self, container: Container) -> Container:
        """Write down what a killed shim could not, then look again."""
        if container.state.lost:
            self._lifecycle.settle(container)
            return container._replace(state=state.read(self.store.paths.container(container.id)))
        return container

    def _abandoned(self, container: Container) -> bool:
        """Remove an `--rm` container whose end nobody was left to see."""
        over = container.state.status == "exited" and container.host_config["AutoRemove"]
        alive = self.store.paths.container(container.id).alive
        # A monitor that waits for whoever has not read everything yet is somebody.
        if over and container.state.finished_at < time.time() - _ABANDONED_SECONDS and not is_locked(alive):
            self.bury(container.id)
            return True
        return False

    def _remove_running(self, container: Container, volumes: bool) -> None:
        """Kill, then remove; its own monitor may be faster with either."""
        try:
            with suppress(Conflict):
                self._lifecycle.kill(container.id)
            self._remove(container, volumes or bool(container.host_config["AutoRemove"]))
        except NotFound:
            if not container.host_config["AutoRemove"]:
                # Somebody was quicker; nobody asked for it by its id.
                raise NotFound(f"No such container: {container.name}") from None

    def release(self, id: str) -> None:
        """Tell the drivers of its volumes that a container has ended, unless it has been started again."""
        with suppress(NotFound):
            container = record.find(self.store, id)
            with self._lifecycle.locked(container):
                if not state.read(self.store.paths.container(container.id)).running:
                    self._lifecycle.let_go(container)

    def _remove(self, container: Container, volumes: bool = False) -> None:
        """Remove; with `volumes` also those of its own, unless others use them."""
        from engine.containers.removing import remove

        of_its_own = self._volumes if volumes and container.points else None
        if remove(self.store, self._lifecycle, container, of_its_own):
            self._tell(container, "destroy")

    def _tell(self, container: Container, action: str, **more: str) -> None:
        self.events.append(event("container", action, container.id, **container.attributes(), **more))
