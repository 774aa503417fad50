"""The blobs of a stored image on their way out: as they were received, or as a plain tar."""

from __future__ import annotations

import os
from typing import NamedTuple

from engine.errors import Corrupt
from engine.images.carried import layer_blobs
from engine.images.intake import Blob
from engine.images.records import Image, LayerRecord, Progress, Report
from engine.layers.compression import decompressed
from engine.layers.source import Digest
from engine.oci import manifest, media
from engine.oci.manifest import Manifest
from engine.store.store import Store

_CHUNK = 1 << 20


class Parcel(NamedTuple):
    """A file to copy out, with the digest its bytes must have."""

    path: str
    blob: Blob


class Stock:
    """What can be taken out of the store; what has to be made first is made in `folder`."""

    def __init__(self, store: Store, folder: str, report: Report) -> None:
        self.store = store
        self._folder = folder
        self._report = report
        self._made: dict[str, str] = {}

    def config(self, image: Image) -> Blob:
        """Return the config's blob."""
        row = self._rows(image, "config")[0]
        return Blob(row.digest, row.size, row.media_type)

    def manifest(self, image: Image) -> Blob | None:
        """Return the manifest's blob, if the image came with one and all it names is here."""
        rows = self._rows(image, "manifest")
        if not rows:
            return None
        parsed = manifest.parse(self.store.content.read(rows[0].digest), rows[0].media_type)
        kept = {blob.digest for blob in layer_blobs(self.store, image.id).values()}
        # Layers that were here before the manifest came may be kept in another form, or as directories alone.
        whole = isinstance(parsed, Manifest) and kept.issuperset(layer.digest for layer in parsed.layers)
        return rows[0] if whole else None

    def layers(self, image: Image) -> list[Parcel]:
        """Return the layers as they were received, bottom first; one that was made here is packed now."""
        kept = layer_blobs(self.store, image.id)
        return [
            Parcel(self.store.content.path(kept[position].digest), kept[position])
            if position in kept
            else self._packed(layer)
            for position, layer in enumerate(image.chain)
        ]

    def plain(self, image: Image, position: int) -> Parcel:
        """Return one layer as a plain tar, whose digest is its diff_id."""
        layer = image.chain[position]
        blob = layer_blobs(self.store, image.id).get(position)
        if blob is None:
            return self._packed(layer)
        if blob.digest == layer.diff_id:
            return Parcel(self.store.content.path(blob.digest), blob)
        path = self._made.get(layer.diff_id) or self._unzipped(layer, blob)
        return Parcel(path, Blob(layer.diff_id, os.stat(path).st_size, media.OCI_LAYER))

    def release(self, parcel: Parcel) -> None:
        """Forget a file that was made only to be copied."""
        if self._made.pop(parcel.blob.digest, None):
            os.unlink(parcel.path)

    def _unzipped(self, layer: LayerRecord, blob: Blob) -> str:
        path = f"{self._folder}/{layer.diff_id[7:]}"
        count = 0
        with self.store.content.open(blob.digest) as packed, open(path, "wb") as out, Digest() as digest:
            tar = decompressed(packed)
            while data := tar.read(_CHUNK):
                digest.update(data)
                out.write(data)
                count += len(data)
                self._report(Progress("Unpacking", count, 0))
            actual = digest.finish()
        return self._checked(path, layer, actual)

    def _packed(self, layer: LayerRecord) -> Parcel:
        from engine.layers.pack import pack

        path = self._made.get(layer.diff_id)
        if path is None:
            path = f"{self._folder}/{layer.diff_id[7:]}"
            with open(path, "wb") as out:
                packed = pack(self.store.paths.snapshot(layer.snapshot), out)
            self._checked(path, layer, packed.diff_id)
        return Parcel(path, Blob(layer.diff_id, os.stat(path).st_size, media.OCI_LAYER))

    def _checked(self, path: str, layer: LayerRecord, actual: str) -> str:
        if actual != layer.diff_id:
            raise Corrupt(f"layer {layer.diff_id} is damaged in the store", details=f"its bytes are {actual}")
        self._made[layer.diff_id] = path
        return path

    def _rows(self, image: Image, kind: str) -> list[Blob]:
        rows = self.store.query(
            "SELECT digest, size, media_type FROM image_blobs WHERE image = ? AND kind = ?", (image.id, kind)
        )
        return [Blob(*row) for row in rows]
