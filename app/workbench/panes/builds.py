"""The list of builds, empty until there is a builder."""

from __future__ import annotations

from app.workbench.panes.rowlist import RowList
from app.workbench.rows import Row
from app.workbench.yard import Lists


class Builds(RowList):
    """Builds: nothing yet."""

    kind = "build"
    number = 4
    heading = "Builds"
    nothing = "None yet."

    def make(self, lists: Lists, now: float, width: int) -> list[Row]:
        """Make no rows: nothing is built yet."""
        return []
