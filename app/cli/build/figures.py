"""Spans of time and transfers in few columns."""

from __future__ import annotations

from app.units import human_size


def seconds(span: float) -> str:
    """Write a span: `0.3 s`, `1m 05s`, `2h 03m`."""
    span = max(0.0, span)
    if span < 59.95:
        return f"{span:.1f} s"
    whole = round(span)
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    return f"{whole // 3600}h {whole // 60 % 60:02}m"


def transfer(current: int, total: int, unit: str) -> str:
    """Write how far a transfer is: `12.3MB of 120MB`, `1204 files`."""
    shown = [human_size(n, 3) if unit == "B" else str(n) for n in (current, total)]
    suffix = "" if unit == "B" else f" {unit}"
    return f"{shown[0]} of {shown[1]}{suffix}" if total else f"{shown[0]}{suffix}"


def counted(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
