"""The beginning and the end of what a step printed: of a very long output nobody reads the middle."""

from __future__ import annotations

from collections import deque

from engine.build.events import Output

FIRST = LAST = 1 << 20
"""Characters that are kept of each end."""
_WEIGHT = 64
"""What a piece costs beside its text, so that many small ones are no way around."""


class Ends:
    """What one step printed."""

    def __init__(self) -> None:
        self.over = False
        """Whether the beginning is over."""
        self.dropped = 0
        """Characters of the middle, which are gone."""
        self._size = 0
        self._held: deque[tuple[Output, float]] = deque()

    def take(self, piece: Output, time: float) -> bool:
        """Tell whether a piece is of the beginning; if not, hold it for as long as it may be of the end."""
        weight = len(piece.data) + _WEIGHT
        if not self.over and self._size < FIRST:
            self._size += weight
            return True
        if not self.over:
            self.over, self._size = True, 0
        self._held.append((piece, time))
        self._size += weight
        while self._size - len(self._held[0][0].data) - _WEIGHT >= LAST:
            gone = self._held.popleft()[0]
            self._size -= len(gone.data) + _WEIGHT
            self.dropped += len(gone.data)
        return False

    def rest(self) -> list[tuple[Output, float]]:
        """Give the end, each piece with the time at which it came; the next one begins anew."""
        held, self._held = list(self._held), deque()
        return held
