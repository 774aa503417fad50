"""The steps that made an image."""

from __future__ import annotations

from engine.images.records import HistoryEntry, Image
from engine.moments import epoch
from engine.oci.config import ImageConfig
from engine.oci.reference import shortened
from engine.store.store import Store

_LINE = """
    WITH RECURSIVE line(depth, id, parent) AS (
        SELECT 0, id, parent FROM images WHERE id = ?
        UNION ALL
        SELECT depth + 1, above.id, above.parent
        FROM line JOIN images AS above ON above.id = line.parent WHERE depth < ?)
    SELECT depth, id, reference FROM line LEFT JOIN tags ON image = id ORDER BY depth, reference"""


def history(store: Store, image: Image) -> list[HistoryEntry]:
    """Return the steps, newest first.

    Each step that made a layer has the layer's size, and each whose image is here has the image's id.
    """
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
    for depth, id, reference in store.query(_LINE, (image.id, len(entries) - 1)) if entries else ():
        tags = (shortened(reference),) if reference else ()
        entries[depth] = entries[depth]._replace(id=id, tags=entries[depth].tags + tags)
    return entries
