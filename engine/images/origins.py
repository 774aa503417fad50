"""In which registries a layer is known to be, packed how: so that it need not be packed or sent again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.images.intake import Blob
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3


class Origin(NamedTuple):
    """One packed form of a layer, and a repository that had it."""

    blob: Blob
    repository: str
    """Its long name: domain and path."""


def note(connection: sqlite3.Connection, diff_id: str, blob: Blob, repository: str) -> None:
    """Remember that a repository has a layer."""
    connection.execute(
        "INSERT OR REPLACE INTO origins (diff_id, digest, size, media_type, repository)"
        " VALUES (?, ?, ?, ?, ?)",
        (diff_id, blob.digest, blob.size, blob.media_type, repository),
    )


def sweep(connection: sqlite3.Connection) -> None:
    """Forget the layers that are not here any more."""
    connection.execute("DELETE FROM origins WHERE diff_id NOT IN (SELECT diff_id FROM layers)")


def origins(store: Store, diff_id: str) -> Sequence[Origin]:
    """Return what is remembered of a layer, newest first."""
    rows = store.query(
        "SELECT digest, size, media_type, repository FROM origins WHERE diff_id = ? ORDER BY rowid DESC",
        (diff_id,),
    )
    return [Origin(Blob(row[0], row[1], row[2]), row[3]) for row in rows]
