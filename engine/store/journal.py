"""The names of things that are about to move into or out of the store, and what a crash makes of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from engine.errors import InvalidInput
from engine.kernel.sync import sync_directory
from engine.paths import Paths
from engine.store.content import hexadecimal
from engine.store.records import Records

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_LISTED = {
    "blob": "SELECT 1 FROM blobs WHERE digest = ?",
    "snapshot": "SELECT 1 FROM layers WHERE snapshot = ?",
    "container": "SELECT 1 FROM containers WHERE id = ?",
    "volume": "SELECT 1 FROM volumes WHERE name = ?",
}
"""Each kind of thing, and the question whether a row lists it."""


class Thing(NamedTuple):
    """Something on disk that is whole and listed, or nothing at all."""

    kind: str
    """blob, snapshot, container or volume."""
    name: str
    """The digest, number, id or name that its row has."""

    def path(self, paths: Paths) -> str:
        """Name the file or directory.

        Raises InvalidInput for a name that is not a plain file name.
        """
        if self.kind == "blob":
            return f"{paths.content}/{hexadecimal(self.name)}"
        if not self.name or self.name.startswith(".") or "/" in self.name or "\n" in self.name:
            raise InvalidInput(f"invalid name of a {self.kind}: {self.name!r}")
        folders = {"snapshot": paths.snapshots, "container": paths.containers, "volume": paths.volumes}
        return f"{folders[self.kind]}/{self.name}"


def is_listed(connection: sqlite3.Connection, thing: Thing) -> bool:
    """Tell whether a row lists it."""
    return connection.execute(_LISTED[thing.kind], (thing.name,)).fetchone() is not None


class Journal:
    """The file `moves` of one ingest directory: a line for each thing, synced before anything moves."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.path = f"{directory}/moves"

    def write(self, things: Iterable[Thing]) -> None:
        """Write the names and make them durable."""
        text = "".join(f"{thing.kind} {thing.name}\n" for thing in things)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        sync_directory(self.directory)
        # The ingest directory's own name must survive a power cut too, or nobody finds the journal.
        sync_directory(os.path.dirname(self.directory))

    def read(self) -> list[Thing]:
        """Read the names; no file means none, and a line cut off by a crash named nothing that moved."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                lines = file.read().split("\n")[:-1]
        except (FileNotFoundError, NotADirectoryError):
            return []
        words = (line.partition(" ") for line in lines)
        return [Thing(kind, name) for kind, _, name in words if kind in _LISTED]


def settle(paths: Paths, records: Records, directory: str) -> None:
    """Move below an ingest directory whatever its journal names and no row lists.

    The caller holds the directory's lock. Nothing happens to what a row lists, whoever wrote it.
    """
    things = Journal(directory).read()
    if not things:
        return
    trash = f"{directory}/trash"
    os.makedirs(trash, mode=0o700, exist_ok=True)
    taken = len(os.listdir(trash))
    # Inside a write transaction, so that no commit can list a thing between the question and the rename.
    with records.transaction() as connection:
        for number, thing in enumerate(dict.fromkeys(things), taken):
            if is_listed(connection, thing):
                continue
            try:
                os.rename(thing.path(paths), f"{trash}/{number}")
            except (FileNotFoundError, InvalidInput):
                continue
