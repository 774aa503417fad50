"""Text with roles: what view-models are made of, before a theme gives the roles their colours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size, set_cell_size

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Span(NamedTuple):
    """A run of text that plays one role: plain, dim, strong, good, warn, bad, accent, key, hue0 …"""

    text: str
    role: str = "plain"


Spans = Sequence[Span]


def plain(text: str) -> str:
    """Make text harmless for a single line: controls become a space."""
    return _CONTROLS.sub(" ", text)


def width_of(spans: Spans) -> int:
    """Count the cells that spans take."""
    return sum(cell_len(span.text) for span in spans)


def cut(text: str, width: int) -> str:
    """Shorten text to a width, with an ellipsis where something was left out."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 1 else "…"


def cut_spans(spans: Iterable[Span], width: int) -> list[Span]:
    """Shorten spans to a width together."""
    kept: list[Span] = []
    for span in spans:
        room = width - width_of(kept)
        if room <= 0:
            break
        kept.append(span if cell_len(span.text) <= room else Span(cut(span.text, room), span.role))
    return kept


def spread(left: Spans, right: Spans, width: int, *, gap: int = 1) -> list[Span]:
    """Set spans at both ends of a line; what is on the left yields when it gets tight."""
    right = cut_spans(right, width)
    ends = width_of(right)
    room = width - ends - (gap if ends else 0)
    kept = cut_spans(left, room)
    return [*kept, Span(" " * (width - ends - width_of(kept))), *right]


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` cells, at spaces where there are some."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        rest = plain(paragraph)
        while cell_len(rest) > width > 0:
            fits = max(1, fitting(rest, width))
            at = rest.rfind(" ", 0, fits + 1)
            at = at if at > width // 2 else fits
            lines.append(rest[:at].rstrip())
            rest = rest[at:].lstrip()
        lines.append(rest)
    return lines


def fitting(text: str, room: int) -> int:
    """Count the characters that fit in `room` cells."""
    if text.isascii():
        return min(len(text), max(0, room))
    for place, character in enumerate(text):
        room -= get_character_cell_size(character)
        if room < 0:
            return place
    return len(text)
