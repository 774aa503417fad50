"""Signals by docker's names: 9, KILL and SIGKILL are the same; signal(7)."""

from __future__ import annotations

import signal

from engine.errors import InvalidInput


def number_of(name: str) -> int:
    """Tell a signal's number. Raises InvalidInput, in docker's words."""
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 4 else _named(name.upper())
    if 0 < number <= signal.SIGRTMAX:
        return number
    raise InvalidInput(f"Invalid signal: {name}")


def _named(name: str) -> int:
    """Tell the number behind KILL, SIGKILL, RTMIN+3 or RTMAX-3; 0 is none."""
    text = name.removeprefix("SIG")
    for base, sign in (("RTMIN", "+"), ("RTMAX", "-")):
        offset = text.removeprefix(base).removeprefix(sign)
        if text.startswith(f"{base}{sign}") and offset.isascii() and offset.isdigit() and len(offset) < 3:
            number = getattr(signal, f"SIG{base}") + int(f"{sign}{offset}")
            return number if number >= signal.SIGRTMIN else 0
    found = getattr(signal, f"SIG{text}", 0)
    return int(found) if isinstance(found, signal.Signals) else 0
