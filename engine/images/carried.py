"""The layers of a listed image, for one that is made on top of it."""

from __future__ import annotations

from engine.images.intake import Blob, Layer
from engine.images.records import Image
from engine.store.store import Store


def carried(store: Store, image: Image) -> list[Layer]:
    """Return them, bottom first, each with the tar it came as: packed again it might have other bytes."""
    blobs = layer_blobs(store, image.id)
    return [
        Layer(layer.diff_id, layer.size, blobs.get(position), None)
        for position, layer in enumerate(image.chain)
    ]


def layer_blobs(store: Store, image: str) -> dict[int, Blob]:
    """Return the layers' tars that were kept as they were received, by the layer's position."""
    rows = store.query(
        "SELECT position, digest, size, media_type FROM image_blobs WHERE image = ? AND kind = 'layer'",
        (image,),
    )
    return {row["position"]: Blob(row["digest"], row["size"], row["media_type"]) for row in rows}
