"""Names for images."""

from __future__ import annotations

import time

from engine.errors import InvalidInput, InvalidReference
from engine.oci.reference import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3


def target(text: str) -> Reference:
    """Read the name an image shall get, `latest` by default; raises InvalidReference, InvalidInput."""
    try:
        reference = Reference.parse(text)
    except InvalidReference as error:
        raise InvalidReference(
            f'Error parsing reference: "{text}" is not a valid repository/tag: {error.brief}'
        ) from None
    if reference.digest is not None:
        raise InvalidInput("refusing to create a tag with a digest reference")
    return reference.tagged


def assign(connection: sqlite3.Connection, reference: Reference, id: str) -> str:
    """Give a name to an image; return the id of the other image that had it, or nothing."""
    name = reference.canonical
    row = connection.execute("SELECT image FROM tags WHERE reference = ?", (name,)).fetchone()
    connection.execute(
        "INSERT INTO tags (reference, image, updated) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (reference) DO UPDATE SET image = ?2, updated = ?3",
        (name, id, time.time()),
    )
    # What has had a name is a result, also when it has lost it.
    connection.execute("UPDATE images SET step = 0 WHERE id = ? AND step", (id,))
    return str(row["image"]) if row and row["image"] != id else ""


def leads(connection: sqlite3.Connection, reference: Reference, id: str) -> bool:
    """Tell whether a name leads to this image."""
    name = reference.canonical
    row = connection.execute("SELECT image FROM tags WHERE reference = ?", (name,)).fetchone()
    return row is not None and row["image"] == id


def recall(connection: sqlite3.Connection, reference: Reference, id: str) -> bool:
    """Note under which digest a registry knows an image; tell whether that is new."""
    connection.execute("UPDATE images SET step = 0 WHERE id = ? AND step", (id,))
    name = reference.canonical
    row = connection.execute("SELECT image FROM digests WHERE reference = ?", (name,)).fetchone()
    connection.execute("INSERT OR REPLACE INTO digests (reference, image) VALUES (?, ?)", (name, id))
    return row is None or row["image"] != id
