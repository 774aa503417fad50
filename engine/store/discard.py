"""Removal: rows first, then the things they listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import from_os
from engine.paths import Paths
from engine.store.ingest import Ingest
from engine.store.journal import Journal, Thing
from engine.store.records import Records

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3


class Discard:
    """What may go with one transaction; a victim that some row still lists in the end stays."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.victims: list[Thing] = []

    def blob(self, digest: str) -> None:
        """Remove a blob with its row, unless an image still needs it."""
        self.connection.execute(
            "DELETE FROM blobs WHERE digest = ?1"
            " AND NOT EXISTS (SELECT 1 FROM image_blobs WHERE digest = ?1)",
            (digest,),
        )
        self.victims.append(Thing("blob", digest))

    def snapshot(self, number: int) -> None:
        """Remove an unpacked layer. The caller deletes the row."""
        self.victims.append(Thing("snapshot", str(number)))

    def container(self, id: str) -> None:
        """Remove a container's bundle. The caller deletes the row."""
        self.victims.append(Thing("container", id))

    def volume(self, name: str) -> None:
        """Remove a volume's directory. The caller deletes the row."""
        self.victims.append(Thing("volume", name))


@contextmanager
def discard(paths: Paths, records: Records) -> Iterator[Discard]:
    """Let the caller delete rows and name victims in one write transaction; delete the victims after it.

    If the block raises, nothing is removed. Once the rows are gone the removal counts as done: what cannot be
    deleted now is deleted by a later open.
    """
    with Ingest(paths, records) as ingest:
        try:
            with records.transaction() as connection:
                victims = Discard(connection)
                yield victims
                if victims.victims:
                    Journal(ingest.path).write(victims.victims)
        except OSError as error:
            raise from_os(error, "cannot remove from the store") from error
        ingest.settle()
