"""The list of builds."""

from __future__ import annotations

from app.workbench import buildrows
from app.workbench.panes.rowlist import RowList
from app.workbench.rows import Row
from app.workbench.watching import successor
from app.workbench.yard import Lists


class Builds(RowList):
    """The builds that are remembered, the newest first."""

    kind = "build"
    number = 4
    heading = "Builds"
    nothing = "No builds yet: b builds a Dockerfile."
    own_order = "the newest first"

    def show(self, lists: Lists, now: float) -> None:
        """Show what there is now; a cursor on a watch's build goes along with the watch."""
        before = self.current
        super().show(lists, now)
        if before and before.key not in self.keys:
            self.select(successor(before.key, lists))

    def make(self, lists: Lists, now: float, width: int) -> list[Row]:
        """Make one row for each build."""
        return buildrows.builds(lists.builds, now, lists.watches)
