"""The list of volumes."""

from __future__ import annotations

from app.workbench import rows
from app.workbench.panes.rowlist import RowList
from app.workbench.yard import Lists


class Volumes(RowList):
    """Volumes by name."""

    kind = "volume"
    number = 3
    heading = "Volumes"
    nothing = "No volumes yet."

    def make(self, lists: Lists, now: float, width: int) -> list[rows.Row]:
        """Make one row for each volume."""
        return rows.volumes(lists.volumes, lists.containers, now)
