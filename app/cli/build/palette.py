"""The colours and the signs of a build on a terminal: the only place that names either.

Colours are the terminal's own sixteen, so that they fit whatever theme it has; NO_COLOR takes them away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.units import display_width, ellipsis

COLOURS = {
    "plain": "",
    "dim": "2",
    "strong": "1",
    "stage": "35",
    "good": "32",
    "cached": "36",
    "why": "33",
    "busy": "33",
    "bad": "31",
    "alarm": "1;31",
    "title": "1;32",
}
"""Roles, each with its parameters of SGR (ECMA-48)."""
SIGNS = {"cached": "●", "ran": "✔", "failed": "✘", "skipped": "◌", "cancelled": "◌", "waiting": "·"}
ROLES = {"cached": "cached", "ran": "good", "failed": "bad", "running": "busy"}
"""What a sign is painted as; the others are dim."""
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
BAR_FULL, BAR_EMPTY = "━", "─"


class Span(NamedTuple):
    """A piece of a line in one role."""

    text: str
    role: str = "plain"


Line = tuple[Span, ...]


def coloured(environment: Mapping[str, str]) -> bool:
    """Tell whether colours are welcome (https://no-color.org)."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def cells(line: Iterable[Span]) -> int:
    """Count the columns a line takes."""
    return sum(display_width(span.text) for span in line)


def cut(line: Iterable[Span], width: int) -> Line:
    """Cut a line to so many columns, the last of which is then an ellipsis."""
    line = tuple(line)
    if cells(line) <= width:
        return line
    kept: list[Span] = []
    room = width
    for span in line:
        taken = display_width(span.text)
        # One column is kept for the ellipsis as long as something follows.
        if taken >= room:
            kept.append(Span(ellipsis(f"{span.text} …", room), span.role))
            break
        kept.append(span)
        room -= taken
    return tuple(kept)


def painted(line: Iterable[Span], colour: bool) -> str:
    """Write a line for the terminal."""
    return "".join(
        f"\x1b[{COLOURS[span.role]}m{span.text}\x1b[0m" if colour and COLOURS[span.role] else span.text
        for span in line
    )
