"""How the width is shared between the lists and the right side."""

from __future__ import annotations

from typing import NamedTuple

NARROWEST, WIDEST = 28, 64
SHARE = 0.33
"""Of the width, for the lists."""
MORE = 0.6
"""Of the width, when the lists have been given more room."""
ALONE = -2
"""The zoom in which one list has the whole screen."""


class Shares(NamedTuple):
    """Cells for each side; 0 is not shown."""

    lists: int
    detail: int
    alone: bool = False
    """Whether one list stands without the others."""


def shares(width: int, zoom: int = 0, dragged: int = 0) -> Shares:
    """Share a width out; `dragged` is where somebody has put the border, 0 if nobody has."""
    if zoom > 0:
        return Shares(0, width)
    if zoom <= ALONE:
        return Shares(width, 0, True)
    if zoom < 0:
        lists = max(NARROWEST, int(width * MORE))
    elif dragged:
        lists = max(NARROWEST // 2, min(dragged, width - NARROWEST))
    else:
        lists = max(NARROWEST, min(WIDEST, int(width * SHARE)))
    lists = min(lists, width)
    return Shares(lists, width - lists)
