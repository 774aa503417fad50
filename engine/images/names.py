"""Finding an image by whatever a user typed: a tag, a digest, an id or the beginning of one."""

from __future__ import annotations

import re

from engine.errors import Ambiguous, NotFound
from engine.oci.reference import Reference, parse_any
from engine.store.store import Store

_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{1,64})", re.ASCII)


def resolve(store: Store, name: str) -> str:
    """Return the image's id.

    Raises InvalidReference, NotFound (`No such image: …`), or Ambiguous for the beginning of several ids.
    """
    reference = parse_any(name)
    if isinstance(reference, str):
        if store.query("SELECT 1 FROM images WHERE id = ?", (reference,)):
            return reference
        raise NotFound(f"No such image: {reference}")
    rows = store.query(*_question(reference))
    if rows:
        return str(rows[0]["image"])
    found = _beginning(store, name)
    if found is None:
        raise NotFound(f"No such image: {reference.tagged.familiar}")
    return found


def is_id(name: str, id: str) -> bool:
    """Tell whether a name that resolved to `id` is the id or its beginning rather than a reference."""
    return id.startswith(name) or id.removeprefix("sha256:").startswith(name)


def references(store: Store, id: str) -> list[Reference]:
    """Return every tag and digest of an image, tags first, sorted."""
    tags = store.query("SELECT reference FROM tags WHERE image = ? ORDER BY reference", (id,))
    digests = store.query("SELECT reference FROM digests WHERE image = ? ORDER BY reference", (id,))
    return [Reference.split(row["reference"]) for row in (*tags, *digests)]


def _question(reference: Reference) -> tuple[str, tuple[str]]:
    if reference.digest is not None:
        return "SELECT image FROM digests WHERE reference = ?", (reference.resolved.canonical,)
    return "SELECT image FROM tags WHERE reference = ?", (reference.tagged.canonical,)


def _beginning(store: Store, name: str) -> str | None:
    match = _PREFIX.fullmatch(name)
    if match is None:
        return None
    low = f"sha256:{match[1]}"
    # "g" is the first character that no hexadecimal digit reaches.
    rows = store.query("SELECT id FROM images WHERE id >= ? AND id < ? LIMIT 2", (low, f"{low}g"))
    if len(rows) > 1:
        raise Ambiguous(f"Multiple IDs found with provided prefix: {name}", resolution="type more of the id")
    return str(rows[0]["id"]) if rows else None
