"""Writing a screen as the bytes that make it again: for a real terminal that is to show what a pane shows."""

from __future__ import annotations

from app.terminal.pens import PLAIN, chosen_by
from app.terminal.rows import Row
from app.terminal.screen import ALTERNATES, AUTOWRAP, ORIGIN, Screen

LEAVING = (
    b"\x1b[?1049l\x1b[?1;5;6;9;1000;1002;1003;1004;1005;1006;1015;2004;2026l\x1b[?7;25h\x1b[4;20l\x1b[r\x1b>"
    b"\x1b[0 q\x1b(B\x1b)B\x0f\x1b[m"
)
"""Undoes whatever a program may have asked of a terminal."""


def redraw(screen: Screen) -> bytes:
    """Return what makes an empty terminal of the same size look and behave as this screen."""
    said = ["\x1b[?1049h" if screen.alternate else "", "\x1b[?7h\x1b[?6l\x1b[m\x1b[2J"]
    for number, row in enumerate(screen.grid.rows):
        said.append(f"\x1b[{number + 1}H{_row(row)}")
    said.append(f"\x1b[m\x1b[{screen.top + 1};{screen.bottom}r" if screen.bottom > screen.top + 1 else "")
    switched = screen.modes - {*ALTERNATES, AUTOWRAP}
    said += [f"\x1b[?{mode}h" for mode in sorted(switched)]
    off = {25, 1007} - screen.modes
    said += [f"\x1b[?{mode}l" for mode in sorted(off)]
    said.append("\x1b=" if screen.keypad else "\x1b>")
    said.append("\x1b[4h" if screen.inserting else "")
    said.append(f"\x1b[{screen.shape} q")
    top = screen.top if ORIGIN in screen.modes else 0
    said.append(f"\x1b[{screen.y - top + 1};{screen.x + 1}H")
    said.append("" if AUTOWRAP in screen.modes else "\x1b[?7l")
    said += [f"\x1b{mark}{name}" for mark, name in zip("()", screen.sets, strict=True)]
    said.append("\x0e" if screen.shifted else "\x0f")
    said.append(f"\x1b[{chosen_by(screen.pen)}m")
    return "".join(said).encode()


def _row(row: Row) -> str:
    said, last = [], PLAIN
    for text, pen in zip(row.texts, row.pens, strict=True):
        if pen is not last:
            said.append(f"\x1b[{chosen_by(pen)}m")
            last = pen
        said.append(text)
    said.append("\x1b[m" if last is not PLAIN else "")
    return "".join(said)
