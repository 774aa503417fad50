"""The list above the line: what can stand there, and what each is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.strip import Strip

from app.completion.offers import Offer
from app.workbench.paint import Painted
from app.workbench.spans import Span, cut, plain

MOST = 8
WIDEST = 40
"""Cells of the first column."""


class Offering(Painted):
    """Draws a few offers; one of them may be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._offers: Sequence[Offer] = ()
        self._chosen, self._top = -1, 0
        self.display = False

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(offer.text for offer in self._offers[self._top : self._top + MOST])

    def show(self, offers: Sequence[Offer], chosen: int, column: int) -> None:
        """Show offers from a column of the screen on; -1: none is chosen."""
        self._offers, self._chosen = offers, chosen
        self._top = max(0, min(max(self._top, chosen - MOST + 1), max(chosen, 0), len(offers) - MOST))
        self.display = bool(offers)
        if offers:
            height = min(MOST, len(offers))
            width = min(self.screen.size.width, self._width())
            self.styles.height, self.styles.width = height, width
            self.styles.offset = (max(0, min(column - 1, self.screen.size.width - width)), -1)
        self.refresh()

    def _column(self) -> int:
        return min(WIDEST, max((cell_len(offer.text) for offer in self._offers), default=0))

    def _width(self) -> int:
        about = max((cell_len(offer.about) for offer in self._offers), default=0)
        return 1 + self._column() + (2 + min(about, 80) if about else 0) + 1 + 7

    def render_line(self, y: int) -> Strip:
        """Draw one offer."""
        width, place = self.content_size.width, self._top + y
        if place >= len(self._offers):
            return self.strip([], width)
        offer, column = self._offers[place], self._column()
        text = cut(plain(offer.text), column)
        # How many there are is said beside the last one that is seen.
        more = len(self._offers) > MOST and y == MOST - 1
        end = f"{place + 1}/{len(self._offers)} " if more else ""
        about = cut(plain(offer.about), width - column - 4 - len(end))
        chosen = place == self._chosen
        spans = [
            Span("▌" if chosen else " ", "accent"),
            Span(text + " " * (column - cell_len(text) + 2)),
            Span(about, "plain" if chosen else "dim"),
            Span(" " * max(0, width - 3 - column - cell_len(about) - len(end))),
            Span(end, "dim"),
        ]
        return self.strip(spans, width, role="chosen" if chosen else "plain")
