"""One volume: its value, its row in the records, and its place on disk."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.errors import Conflict, InvalidInput, from_os
from engine.paths import Paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

LOCAL = "local"
"""The driver whose volumes are directories of the store's."""

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


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
    """Where its files are on the host; empty if its driver has not told."""
    scope: str = "local"
    status: Mapping[str, Any] = {}
    """What its driver tells besides."""

    @property
    def measurable(self) -> bool:
        """Whether its files are in a directory of the store's."""
        return self.driver == LOCAL and not self.options


def from_row(row: sqlite3.Row, paths: Paths) -> Volume:
    """Make the value of a row."""
    ours = row["driver"] == LOCAL
    return Volume(
        row["name"],
        row["driver"],
        row["created"],
        json.loads(row["labels"]),
        json.loads(row["options"]),
        bool(row["anonymous"]),
        f"{paths.volumes}/{row['name']}/_data" if ours else "",
    )


def insert(connection: sqlite3.Connection, volume: Volume) -> None:
    """Write a volume's row."""
    connection.execute(
        "INSERT INTO volumes (name, driver, created, labels, options, anonymous) VALUES (?, ?, ?, ?, ?, ?)",
        (
            volume.name,
            volume.driver,
            volume.created,
            json.dumps(dict(volume.labels), ensure_ascii=False),
            json.dumps(dict(volume.options), ensure_ascii=False),
            volume.anonymous,
        ),
    )


def stage(directory: str) -> str:
    """Make the place of a volume's files in what will be its directory."""
    path = f"{directory}/_data"
    try:
        os.mkdir(path)
        os.chmod(path, 0o755)
    except OSError as error:
        raise from_os(error, "cannot make the volume") from error
    return path


def check_name(name: str) -> None:
    """Raise InvalidInput for what cannot be the name of a local volume."""
    if len(name) < 2:
        raise InvalidInput(
            f"create {name}: volume name is too short, names should be at least two alphanumeric characters"
        )
    if not _NAME.fullmatch(name) or len(name) > 255:
        quoted = json.dumps(name, ensure_ascii=False)
        raise InvalidInput(
            f"create {name}: {quoted} includes invalid characters for a local volume name, only "
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, '
            "use absolute path"
        )


def check_driver(volume: Volume, driver: str) -> None:
    """Raise Conflict if the driver that was asked for is not the one it has."""
    if driver and driver != volume.driver:
        raise Conflict(
            f"create {volume.name}: conflict: volume name must be unique",
            details=f"it is a volume of the driver {volume.driver}",
        )
