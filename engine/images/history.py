"""The steps that made an image."""

from __future__ import annotations

from engine.images.records import HistoryEntry, Image
from engine.moments import epoch
from engine.oci.config import ImageConfig


def history(image: Image) -> list[HistoryEntry]:
    """Return the steps, newest first; each step that made a layer has the layer's size."""
    sizes = iter([layer.size for layer in image.chain])
    entries = [
        HistoryEntry(
            "<missing>",
            epoch(step.created),
            step.created_by,
            0 if step.empty_layer else next(sizes, 0),
            step.comment,
            (),
        )
        for step in ImageConfig(image.config).history
    ]
    entries.reverse()
    if entries:
        entries[0] = entries[0]._replace(id=image.id, tags=image.tags)
    return entries
