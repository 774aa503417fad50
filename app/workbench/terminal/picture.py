"""Rows of cells as strips of coloured text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from app.terminal import pens
from app.terminal.pens import DEFAULT_COLOUR, TRUE_COLOUR, Pen
from app.terminal.rows import Row
from app.workbench.spans import plain


class Palette:
    """The colours that a theme gives to what has none, and the strips drawn with them."""

    def __init__(self, base: Style, *, reversed: bool = False) -> None:
        self.base = base
        self._reversed = reversed
        self._style = lru_cache(2048)(self._make)

    def strip(self, row: Row) -> Strip:
        """Draw a row; the same strip as before unless it has changed."""
        drawn = row.drawn
        if isinstance(drawn, tuple) and drawn[0] is self:
            strip: Strip = drawn[1]
            return strip
        strip = Strip(list(self._segments(row)), len(row.texts))
        row.drawn = (self, strip)
        return strip

    def _segments(self, row: Row) -> Iterator[Segment]:
        texts, row_pens = row.texts, row.pens
        start, width = 0, len(texts)
        while start < width:
            pen = row_pens[start]
            end = start + 1
            while end < width and row_pens[end] is pen:
                end += 1
            text = "".join(texts[start:end])
            style = self._style(pen)
            if text.isascii() or cell_len(text) == end - start:
                yield Segment(text, style)
            else:
                yield from _one_by_one(texts[start:end], style)
            start = end

    def _make(self, pen: Pen) -> Style:
        flags = pen.flags
        reverse = bool(flags & pens.REVERSE) != self._reversed
        foreground = _colour(pen.foreground) or self.base.color
        background = _colour(pen.background) or self.base.bgcolor
        if reverse:
            foreground, background = background, foreground
        if flags & pens.HIDDEN:
            foreground = background
        return Style(
            color=foreground,
            bgcolor=background,
            bold=bool(flags & pens.BOLD) or None,
            dim=bool(flags & pens.DIM) or None,
            italic=bool(flags & pens.ITALIC) or None,
            underline=bool(flags & pens.UNDERLINE) or None,
            underline2=bool(flags & pens.DOUBLE) or None,
            strike=bool(flags & pens.STRIKE) or None,
            overline=bool(flags & pens.OVERLINE) or None,
        )


def _colour(value: int) -> Color | None:
    if value == DEFAULT_COLOUR:
        return None
    if value >= TRUE_COLOUR:
        return Color.from_triplet(ColorTriplet(value >> 16 & 255, value >> 8 & 255, value & 255))
    return Color.from_ansi(value)


def _one_by_one(texts: list[str], style: Style) -> Iterator[Segment]:
    """Draw cells on their own where together they would not take the room that they have."""
    for place, text in enumerate(texts):
        if text:
            room = 2 if place + 1 < len(texts) and not texts[place + 1] else 1
            shown = text if cell_len(text) == room else text[0]
            yield Segment(shown if cell_len(shown) == room else plain("?").ljust(room), style)
        elif place == 0:
            yield Segment(" ", style)
