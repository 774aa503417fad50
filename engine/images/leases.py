"""Images that builds stand on right now: nobody removes them under a build's feet.

A lease is an empty file, named after the image, in a directory below `ingest/` that its holder keeps locked:
when the holder dies, however it dies, the lease is over.
"""

from __future__ import annotations

import os

from engine.errors import NotFound, from_os
from engine.store.ingest import occupy
from engine.store.locks import is_locked
from engine.store.removal import remove_tree
from engine.store.store import Store

_NAMED = "lease-"


class Leases:
    """What one build holds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._path, self._lock = occupy(store.paths.ingest)

    def take(self, image: str) -> None:
        """Hold an image by its id, until this is closed; raises NotFound if it was removed meanwhile."""
        try:
            # A removal looks for leases inside its transaction: it comes wholly before this one, or after.
            with self._store.transaction() as connection:
                if not connection.execute("SELECT 1 FROM images WHERE id = ?", (image,)).fetchone():
                    raise NotFound(f"image {image} was removed meanwhile", resolution="try again")
                with open(f"{self._path}/{_NAMED}{image}", "w"):
                    return
        except OSError as error:
            raise from_os(error, "cannot write to the store") from error

    def close(self) -> None:
        """Let go of all."""
        if self._lock.held:
            try:
                remove_tree(self._path)
            finally:
                self._lock.release()


def leased(store: Store) -> frozenset[str]:
    """Return the ids of the images that somebody holds."""
    found: set[str] = set()
    for folder in os.listdir(store.paths.ingest):
        path = f"{store.paths.ingest}/{folder}"
        try:
            names = [name.removeprefix(_NAMED) for name in os.listdir(path) if name.startswith(_NAMED)]
        except (FileNotFoundError, NotADirectoryError):
            continue
        if names and is_locked(path):
            found.update(names)
    return frozenset(found)
