"""What must be true of every store at rest."""

from __future__ import annotations

import os
from hashlib import sha256

from engine.store.store import Store


def assert_whole(store: Store) -> None:
    """Check that what is listed is there, and that what is there is listed."""
    listed = {row["digest"]: row["size"] for row in store.query("SELECT digest, size FROM blobs")}
    kept = {f"sha256:{name}" for name in os.listdir(store.paths.content)}
    assert kept == set(listed)
    for name, size in listed.items():
        with store.content.open(name) as blob:
            data = blob.read()
        assert (len(data), f"sha256:{sha256(data).hexdigest()}") == (size, name)
    assert {row["digest"] for row in store.query("SELECT digest FROM image_blobs")} == kept
    snapshots = {str(row["snapshot"]) for row in store.query("SELECT snapshot FROM layers")}
    assert set(os.listdir(store.paths.snapshots)) == snapshots
    assert all(os.path.isdir(store.paths.snapshot(int(number))) for number in snapshots)
    assert os.listdir(store.paths.ingest) == []


def assert_empty(store: Store) -> None:
    """Check that nothing is left of anything."""
    assert_whole(store)
    for table in ("images", "tags", "digests", "layers", "blobs", "image_blobs"):
        assert store.query(f"SELECT count(*) AS n FROM {table}")[0]["n"] == 0, table
