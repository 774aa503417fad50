"""Durations as Go writes them: `1m30s`, `1.5h`, `250ms`."""

from __future__ import annotations

import re

from engine.dockerfile.errors import Fault, quoted

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "h": 3600 * 1_000_000_000,
}
_PART = re.compile(r"(\d*)(?:\.(\d*))?([^\d.]*)", re.ASCII)
_LONGEST = (1 << 63) - 1
_DIGITS = 40


def nanoseconds(text: str) -> int:
    """Read a duration; raises Fault with Go's sentence."""
    sign, bare = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    total, at = 0, 0
    if bare == "0":
        return 0
    while at < len(bare) or not bare:
        match = _PART.match(bare, at)
        whole, part, unit = match.groups() if match else ("", "", "")
        if not (whole or part) or len(whole) > _DIGITS:
            raise Fault(f"time: invalid duration {quoted(text)}")
        if not unit:
            raise Fault(f"time: missing unit in duration {quoted(text)}")
        if unit not in _UNITS:
            raise Fault(f"time: unknown unit {quoted(unit)} in duration {quoted(text)}")
        part = (part or "")[:_DIGITS]
        total += int(whole or "0") * _UNITS[unit] + int(part or "0") * _UNITS[unit] // 10 ** len(part)
        at += len(match[0]) if match else 0
    if total > _LONGEST:
        raise Fault(f"time: invalid duration {quoted(text)}")
    return -total if sign == "-" else total
