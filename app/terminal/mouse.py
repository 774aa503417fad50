"""What a terminal sends when the mouse is used and a program has asked for it (ctlseqs, "Mouse Tracking")."""

from __future__ import annotations

from typing import Literal, NamedTuple

from app.terminal.screen import DRAGS, MOTION, SGR_MOUSE, Screen

_SHIFT, _ALT, _CONTROL, _MOVED, _WHEEL = 4, 8, 16, 32, 64
_FURTHEST = 223
"""The last column that a byte can name."""


class Act(NamedTuple):
    """Something done with the mouse in a cell, counted from 0."""

    kind: Literal["press", "release", "move", "wheel"]
    x: int
    y: int
    button: int = 0
    """0 left, 1 middle, 2 right, 3 none; of the wheel 0 up, 1 down, 2 left, 3 right."""
    shift: bool = False
    alt: bool = False
    control: bool = False


def encode(screen: Screen, act: Act) -> bytes:
    """Write what was done; empty if the program does not want to know."""
    mode = screen.mouse
    if not mode or not 0 <= act.x < screen.width or not 0 <= act.y < screen.height:
        return b""
    if act.kind == "move" and (mode not in (DRAGS, MOTION) or (mode == DRAGS and act.button == 3)):
        return b""
    if mode == 9:
        return _legacy(act.button, act) if act.kind == "press" else b""
    code = act.button + (_MOVED if act.kind == "move" else _WHEEL if act.kind == "wheel" else 0)
    code += _SHIFT * act.shift + _ALT * act.alt + _CONTROL * act.control
    if SGR_MOUSE in screen.modes:
        final = "m" if act.kind == "release" else "M"
        return f"\x1b[<{code};{act.x + 1};{act.y + 1}{final}".encode()
    if act.kind == "release":
        code |= 3
    if 1015 in screen.modes:
        return f"\x1b[{code + 32};{act.x + 1};{act.y + 1}M".encode()
    return _legacy(code, act)


def _legacy(code: int, act: Act) -> bytes:
    if max(act.x, act.y) >= _FURTHEST:
        return b""
    return b"\x1b[M" + bytes((32 + code, 33 + act.x, 33 + act.y))
