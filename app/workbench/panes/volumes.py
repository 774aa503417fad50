"""The list of volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import BindingType

from app.workbench import rows
from app.workbench.keys import VOLUMES, bindings
from app.workbench.panes.rowlist import RowList
from app.workbench.yard import Lists


class Volumes(RowList):
    """Volumes by name."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VOLUMES)]
    kind = "volume"
    number = 3
    heading = "Volumes"
    nothing = "No volumes yet: n makes one."
    own_order = "by name"

    def __init__(self) -> None:
        super().__init__()
        self.sizes: Mapping[str, int | None] = {}
        """What each was last seen to take, in bytes."""

    def make(self, lists: Lists, now: float, width: int) -> list[rows.Row]:
        """Make one row for each volume."""
        return rows.volumes(lists.volumes, lists.containers, now, self.sizes)

    async def action_volume(self) -> None:
        """Ask what volume to make."""
        await self.run_action("screen.volume")
