"""Our own terminal or pipe, as others' bytes go through it."""

from __future__ import annotations

import os
import select


def show(target: int, data: bytes) -> None:
    """Write all of `data` past Python's buffers, so that order and timing stay the program's."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(target, view) :]
        except BlockingIOError:
            select.select([], [target], [])


def size() -> tuple[int, int]:
    """Tell our terminal's columns and rows; nothing where there is none."""
    try:
        columns, rows = os.get_terminal_size(1)
    except OSError:
        return 0, 0
    return columns, rows
