"""Named volumes: directories that outlive the containers which use them."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.errors import InUse, InvalidInput, NotFound, Unsupported, from_os
from engine.events import EventLog, event
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}

Filters = Mapping[str, Sequence[str]]


class Volume(NamedTuple):
    """One volume."""

    name: str
    driver: str
    created: float
    """Seconds since the epoch."""
    labels: dict[str, str]
    options: dict[str, str]
    anonymous: bool
    """Its name was made up."""
    mountpoint: str
    """Where its files are on the host."""


class Pruned(NamedTuple):
    """What a prune took away."""

    removed: tuple[str, ...]
    reclaimed: int
    """Bytes."""


class Volumes:
    """The volumes of one store."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self.store = store
        self.events = events

    def list(self, filters: Filters = {}) -> list[Volume]:  # noqa: B006 - never written to
        """Return the volumes that pass every filter, by name.

        Filters: name (a regular expression), label, driver, dangling. Raises InvalidInput for others.
        """
        tests = self._tests(filters)
        rows = self.store.query("SELECT * FROM volumes ORDER BY name")
        return [volume for volume in map(self._volume, rows) if all(test(volume) for test in tests)]

    def get(self, name: str) -> Volume:
        """Return one volume. Raises NotFound."""
        rows = self.store.query("SELECT * FROM volumes WHERE name = ?", (name,))
        if not rows:
            raise NotFound(f"get {name}: no such volume")
        return self._volume(rows[0])

    def create(
        self,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Volume:
        """Make an empty volume, or return the one that has the name already.

        Raises InvalidInput for a bad name and Unsupported for options.
        """
        if options:
            raise Unsupported(
                f"create {name or ''}: the local driver takes no options here ({', '.join(sorted(options))})",
                resolution="mount the file system on the host and bind-mount it into the container",
            )
        anonymous = not name
        name = name or os.urandom(32).hex()
        _check(name)
        with self.store.ingest() as ingest:
            directory = ingest.directory("volume")
            _make_data(f"{directory}/_data")
            with ingest.commit() as commit:
                present = self.store.query("SELECT * FROM volumes WHERE name = ?", (name,))
                if present:
                    return self._volume(present[0])
                commit.connection.execute(
                    "INSERT INTO volumes (name, driver, created, labels, options, anonymous)"
                    " VALUES (?, 'local', ?, ?, '{}', ?)",
                    (name, time.time(), json.dumps(dict(labels or {}), ensure_ascii=False), anonymous),
                )
                commit.volume(directory, name)
        self._tell("create", name)
        return self.get(name)

    def inspect(self, name: str) -> dict[str, Any]:
        """Describe a volume as docker's JSON document."""
        volume = self.get(name)
        return {
            "CreatedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(volume.created)),
            "Driver": volume.driver,
            "Labels": volume.labels or None,
            "Mountpoint": volume.mountpoint,
            "Name": volume.name,
            "Options": volume.options or None,
            "Scope": "local",
        }

    def users(self, name: str) -> tuple[str, ...]:
        """Return the ids of the containers that use a volume, running or not."""
        rows = self.store.query(
            "SELECT DISTINCT container FROM container_volumes WHERE volume = ? ORDER BY container", (name,)
        )
        return tuple(row["container"] for row in rows)

    def size(self, name: str) -> int:
        """Add up the bytes of its regular files."""
        from engine.store.usage import tree_size

        return tree_size(self.get(name).mountpoint)

    def remove(self, name: str, force: bool = False) -> None:
        """Delete a volume and its files.

        Raises InUse, and NotFound unless forced.
        """
        with self.store.discard() as discard:
            if not self.store.query("SELECT 1 FROM volumes WHERE name = ?", (name,)):
                if force:
                    return
                raise NotFound(f"get {name}: no such volume")
            users = self.users(name)
            if users:
                raise InUse(
                    f"remove {name}: volume is in use - [{', '.join(users)}]",
                    resolution="remove the containers that use it first",
                )
            discard.connection.execute("DELETE FROM volumes WHERE name = ?", (name,))
            discard.volume(name)
        self._tell("destroy", name)

    def prune(self, filters: Filters = {}, *, all: bool = True) -> Pruned:  # noqa: B006 - never written to
        """Delete the volumes that no container uses and every filter lets go, or of these the unnamed only.

        Filters: label, label!. Raises InvalidInput for others.
        """
        for key in filters:
            if key not in ("label", "label!"):
                raise InvalidInput(f"Invalid filter '{key}'")
        removed, reclaimed = [], 0
        with self.store.discard() as discard:
            for volume in self.list({**filters, "dangling": ["true"]}):
                if all or volume.anonymous:
                    reclaimed += self.size(volume.name)
                    discard.connection.execute("DELETE FROM volumes WHERE name = ?", (volume.name,))
                    discard.volume(volume.name)
                    removed.append(volume.name)
        for name in removed:
            self._tell("destroy", name)
        self.events.append(event("volume", "prune", "", reclaimed=str(reclaimed)))
        return Pruned(tuple(removed), reclaimed)

    def _volume(self, row: sqlite3.Row) -> Volume:
        return Volume(
            row["name"],
            row["driver"],
            row["created"],
            json.loads(row["labels"]),
            json.loads(row["options"]),
            bool(row["anonymous"]),
            f"{self.store.paths.volumes}/{row['name']}/_data",
        )

    def _tests(self, filters: Filters) -> Sequence[Callable[[Volume], bool]]:
        tests: list[Callable[[Volume], bool]] = []
        for key, values in filters.items():
            if key == "name":
                tests.append(_named(values))
            elif key == "label":
                tests.extend(_labelled(value) for value in values)
            elif key == "label!":
                tests.extend(_unlabelled(value) for value in values)
            elif key == "driver":
                tests.append(_driven(values))
            elif key == "dangling":
                tests.append(self._dangling(values))
            else:
                raise InvalidInput(f"Invalid filter '{key}'")
        return tests

    def _dangling(self, values: Sequence[str]) -> Callable[[Volume], bool]:
        wanted = {_TRUTH.get(value) for value in values}
        if None in wanted or len(wanted) > 1:
            raise InvalidInput(f"Invalid filter 'dangling=[{' '.join(values)}]'")
        used = {row["volume"] for row in self.store.query("SELECT DISTINCT volume FROM container_volumes")}
        return lambda volume: (volume.name not in used) in wanted

    def _tell(self, action: str, name: str) -> None:
        self.events.append(event("volume", action, name, driver="local"))


def _check(name: str) -> None:
    if len(name) < 2:
        raise InvalidInput(
            f"create {name}: volume name is too short, names should be at least two alphanumeric characters"
        )
    if not _NAME.fullmatch(name) or len(name) > 255:
        raise InvalidInput(
            f'create {name}: "{name}" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, '
            "use absolute path"
        )


def _make_data(path: str) -> None:
    try:
        os.mkdir(path)
        os.chmod(path, 0o755)
    except OSError as error:
        raise from_os(error, "cannot make the volume") from error


def _named(values: Sequence[str]) -> Callable[[Volume], bool]:
    try:
        patterns = [re.compile(value) for value in values]
    except re.error as error:
        raise InvalidInput(f"Invalid filter 'name={values}'", details=str(error)) from error
    return lambda volume: any(pattern.search(volume.name) for pattern in patterns)


def _driven(values: Sequence[str]) -> Callable[[Volume], bool]:
    return lambda volume: volume.driver in values


def _labelled(value: str) -> Callable[[Volume], bool]:
    """A `key` must be there, a `key=value` exactly so."""
    key, equals, wanted = value.partition("=")
    if equals:
        return lambda volume: volume.labels.get(key) == wanted
    return lambda volume: key in volume.labels


def _unlabelled(value: str) -> Callable[[Volume], bool]:
    has = _labelled(value)
    return lambda volume: not has(volume)
