"""Containers as they are kept: a row each in the records, its details as the JSON that `inspect` shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.containers import state
from engine.containers.mounts.mountpoints import Point
from engine.containers.state import State
from engine.errors import Ambiguous, NotFound
from engine.paths import ContainerPaths
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

    from engine.runtime.network.ports import Published

_COLUMNS = (
    "id, name, image, image_name, created, config, (SELECT group_concat(name) FROM"
    " (SELECT name FROM endpoints WHERE container = containers.id ORDER BY name)) AS networks"
)


class Container(NamedTuple):
    """One container at this moment."""

    id: str
    name: str
    image: str
    """The image as it was named when the container was made."""
    image_id: str
    created: float
    config: Mapping[str, Any]
    """`Config`, `HostConfig`, `Path`, `Args` as docker's inspect, and `Snapshots`.

    The numbers of its layers, bottom first.
    """
    state: State
    networks: tuple[str, ...] = ()
    """The names of those it is on; with another container's it is on none of its own."""
    published: tuple[Published, ...] = ()
    """What is reached from outside, while it runs."""

    @property
    def command(self) -> tuple[str, ...]:
        """Entrypoint and arguments."""
        return (self.config["Path"], *self.config["Args"])

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels and its image's."""
        return self.config["Config"].get("Labels") or {}

    @property
    def host_config(self) -> Mapping[str, Any]:
        """What was asked of the host."""
        found: Mapping[str, Any] = self.config["HostConfig"]
        return found

    @property
    def cgroup(self) -> str:
        """The name of its control group."""
        parent = (self.host_config.get("CgroupParent") or "stackyard").strip("/")
        return f"{parent}/{self.id}"

    @property
    def ports(self) -> str:
        """Published ports, and those it serves besides, as `ps` shows them."""
        exposed = self.config["Config"].get("ExposedPorts")
        if not self.state.running or not (self.published or exposed):
            return ""
        from engine.containers.network.settings import shown

        return shown(self.published, tuple(exposed or ()))

    @property
    def points(self) -> tuple[Point, ...]:
        """What is mounted into it, besides what every container has."""
        return tuple(Point(**point) for point in self.config.get("MountPoints") or ())

    @property
    def mounts(self) -> tuple[str, ...]:
        """Names or sources of what is mounted into it."""
        return tuple(point.name or point.source for point in self.points)

    @property
    def volumes(self) -> tuple[str, ...]:
        """The names of its volumes."""
        return tuple(point.name for point in self.points if point.type == "volume")

    @property
    def stop_signal(self) -> str:
        """The signal that asks it to stop."""
        return self.config["Config"].get("StopSignal") or "SIGTERM"

    @property
    def stop_timeout(self) -> int:
        """Seconds between that signal and SIGKILL."""
        seconds = self.config["Config"].get("StopTimeout")
        return 10 if seconds is None else int(seconds)

    def attributes(self) -> dict[str, str]:
        """What events tell about it."""
        return {"image": self.image, "name": self.name, **self.labels}


def from_row(row: sqlite3.Row, paths: ContainerPaths) -> Container:
    """Make the value of a row, with the state as the bundle has it now."""
    config = json.loads(row["config"])
    now = state.read(paths)
    if now.running and config["Config"].get("Healthcheck"):
        from engine.containers.programs.health import answers

        now = now._replace(health=(answers(paths) or {}).get("Status", "none"))
    host = config["HostConfig"]
    published: tuple[Published, ...] = ()
    if now.running and (host.get("PortBindings") or host.get("PublishAllPorts")):
        from engine.containers.network.settings import published as published_of

        published = published_of(paths)
    return Container(
        row["id"],
        row["name"],
        row["image_name"],
        row["image"],
        row["created"],
        config,
        now,
        _networks(host["NetworkMode"], row["networks"]),
        published,
    )


def _networks(mode: str, names: str | None) -> tuple[str, ...]:
    if names:
        return tuple(names.split(","))
    return (mode,) if mode in ("none", "host") else ()


def find(store: Store, name: str) -> Container:
    """Find a container by name, full id or a beginning of its id. Raises NotFound or Ambiguous."""
    row = _find_row(store, name.removeprefix("/"))
    return from_row(row, store.paths.container(row["id"]))


def everything(store: Store) -> Sequence[Container]:
    """Return every container, the newest first."""
    rows = store.query(f"SELECT {_COLUMNS} FROM containers ORDER BY created DESC")
    return [from_row(row, store.paths.container(row["id"])) for row in rows]


def _find_row(store: Store, name: str) -> sqlite3.Row:
    rows = store.query(
        f"SELECT {_COLUMNS} FROM containers WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC LIMIT 1", (name,)
    )
    if not rows and name and all(character in "0123456789abcdef" for character in name):
        rows = store.query(f"SELECT {_COLUMNS} FROM containers WHERE id GLOB ? LIMIT 2", (f"{name}*",))
    if not rows:
        raise NotFound(
            f"No such container: {name}", resolution="`stackyard ps -a` lists the containers there are"
        )
    if len(rows) > 1:
        raise Ambiguous(
            f"Multiple IDs found with provided prefix: {name}",
            resolution="give more digits of the id, or its name",
        )
    return rows[0]
