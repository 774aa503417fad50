"""The list of images."""

from __future__ import annotations

from app.workbench import rows
from app.workbench.panes.rowlist import RowList
from app.workbench.yard import Lists


class Images(RowList):
    """Images by name, the newest first."""

    kind = "image"
    number = 1
    heading = "Images"
    nothing = "No images yet: i brings one in."
    own_order = "the newest first"

    def make(self, lists: Lists, now: float, width: int) -> list[rows.Row]:
        """Make one row for each name."""
        return rows.images(lists.images, now, lists.containers)
