"""The list of containers."""

from __future__ import annotations

from collections.abc import Mapping

from app.workbench import rows
from app.workbench.panes.rowlist import RowList
from app.workbench.usage import Usage
from app.workbench.yard import Lists

WIDE = 44


class Containers(RowList):
    """Containers, the newest first."""

    kind = "container"
    number = 2
    heading = "Containers"
    nothing = "No containers yet: x on an image runs one."
    own_order = "the newest first"

    def __init__(self) -> None:
        super().__init__()
        self.usage: Mapping[str, Usage] = {}
        """What those that run were seen to use last."""

    def make(self, lists: Lists, now: float, width: int) -> list[rows.Row]:
        """Make one row for each container."""
        return rows.containers(lists.containers, now, self.usage, wide=width >= WIDE)
