"""Signals by docker's names: 9, KILL and SIGKILL are the same; signal(7)."""

from __future__ import annotations

import signal

from engine.errors import InvalidInput


def number_of(name: str) -> int:
    """Tell a signal's number. Raises InvalidInput, in docker's words."""
    if name.isdigit():
        if 0 < int(name) <= signal.SIGRTMAX:
            return int(name)
    else:
        text = name.upper().removeprefix("SIG")
        for base, sign in (("RTMIN", 1), ("RTMAX", -1)):
            if text.startswith(base):
                offset = text[len(base) + 1 :] or "0"
                if offset.isdigit():
                    return int(getattr(signal, f"SIG{base}")) + sign * int(offset)
        found = getattr(signal, f"SIG{text}", None)
        if isinstance(found, signal.Signals):
            return int(found)
    raise InvalidInput(f"Invalid signal: {name}")
