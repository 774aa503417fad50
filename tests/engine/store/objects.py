"""A little world of objects to add, remove and inspect: each knows what it looks like when it is whole."""

from __future__ import annotations

import os
from hashlib import sha256

from engine.store.store import Store
from engine.store.usage import orphans


def blob_of(name: str) -> bytes:
    return f"blob {name} ".encode() * 100


def digest_of(name: str) -> str:
    return f"sha256:{sha256(blob_of(name)).hexdigest()}"


def add(store: Store, name: str) -> None:
    """Add an image of one blob and two layers, a container and a volume, all in one commit."""
    with store.ingest() as ingest:
        with ingest.blob(digest_of(name)) as blob:
            blob.write(blob_of(name))
            digest, size = blob.finish()
        layers = [f"{name}-0", f"{name}-1"]
        directories = {layer: _filled(ingest.directory(layer), layer) for layer in layers}
        bundle = _filled(ingest.directory("bundle"), name)
        volume = _filled(ingest.directory("volume"), name)
        with ingest.commit() as commit:
            run = commit.connection.execute
            parent = None
            for layer in layers:
                if not run("SELECT 1 FROM layers WHERE chain_id = ?", (layer,)).fetchone():
                    number = commit.snapshot(directories[layer])
                    run("INSERT INTO layers VALUES (?, ?, ?, ?, 4, 0)", (layer, layer, parent, number))
                parent = layer
            commit.blob(digest)
            run("INSERT INTO images VALUES (?, NULL, 0, 8, ?, '{}', NULL, 0)", (name, parent))
            run("INSERT INTO image_blobs VALUES (?, 0, ?, '', ?, 'config')", (name, digest, size))
            run("INSERT INTO tags VALUES (?, ?, 0)", (f"{name}:latest", name))
            run("INSERT INTO containers VALUES (?, ?, ?, '', 0, '{}')", (name, name, name))
            commit.container(bundle, name)
            run("INSERT INTO volumes VALUES (?, 'local', 0, '{}', '{}', 0)", (name,))
            run("INSERT INTO container_volumes VALUES (?, ?, '/v')", (name, name))
            commit.volume(volume, name)


def drop(store: Store, name: str) -> None:
    """Remove what `add` added."""
    with store.discard() as discard:
        run = discard.connection.execute
        run("DELETE FROM containers WHERE id = ?", (name,))
        run("DELETE FROM volumes WHERE name = ?", (name,))
        run("DELETE FROM tags WHERE image = ?", (name,))
        run("DELETE FROM images WHERE id = ?", (name,))
        discard.container(name)
        discard.volume(name)
        discard.blob(digest_of(name))
        for layer in (f"{name}-1", f"{name}-0"):
            for (number,) in run(
                "DELETE FROM layers WHERE chain_id = ? RETURNING snapshot", (layer,)
            ).fetchall():
                discard.snapshot(number)


def listed(store: Store) -> set[str]:
    return {row["id"] for row in store.query("SELECT id FROM images")}


def assert_whole(store: Store) -> None:
    """Assert that every listed object is whole and everything it refers to is listed."""
    paths = store.paths
    assert store.query("PRAGMA integrity_check")[0][0] == "ok"
    assert store.query("PRAGMA foreign_key_check") == []
    for digest, size in store.query("SELECT digest, size FROM blobs"):
        assert len(store.content.read(digest)) == size
    assert store.query("SELECT 1 FROM image_blobs WHERE digest NOT IN (SELECT digest FROM blobs)") == []
    for layer, number in store.query("SELECT chain_id, snapshot FROM layers"):
        assert _read(paths.snapshot(number)) == layer
    for (id,) in store.query("SELECT id FROM containers"):
        assert _read(paths.container(id).bundle) == id
    for (name,) in store.query("SELECT name FROM volumes"):
        assert _read(f"{paths.volumes}/{name}") == name


def assert_clean(store: Store) -> None:
    """Assert that there is nothing on disk but what is listed."""
    assert os.listdir(store.paths.ingest) == []
    assert orphans(store) == []


def _filled(directory: str, text: str) -> str:
    os.mkdir(f"{directory}/sub")
    with open(f"{directory}/sub/file", "w", encoding="utf-8") as file:
        file.write(text)
    return directory


def _read(directory: str) -> str:
    with open(f"{directory}/sub/file", encoding="utf-8") as file:
        return file.read()
