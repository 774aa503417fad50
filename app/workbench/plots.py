"""Plots of what was measured, drawn with dots: two columns and four rows of them in a cell."""

from __future__ import annotations

from collections.abc import Sequence

_BRAILLE = 0x2800
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Bits of one column of dots, from the bottom; the bottom row was added to Braille last."""
_HANGING = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The same from the top."""
_NICE = (1, 2, 5)

Values = Sequence[float | None]


def area(values: Values, width: int, height: int, top: float, *, hanging: bool = False) -> list[str]:
    """Fill the area below the newest values, which stand at the right; what is unknown stays empty.

    `top` is the value that reaches the upper edge. A hanging area grows downwards. What is more than nothing
    is seen.
    """
    cells = [[0] * width for _ in range(height)]
    shown = list(values[-width * 2 :])
    start = width * 2 - len(shown)
    columns = _HANGING if hanging else _DOTS
    for place, value in enumerate(shown, start):
        if value is None or top <= 0:
            continue
        dots = min(height * 4, round(value / top * height * 4))
        dots = max(dots, 1) if value > 0 else 0
        for dot in range(dots):
            row = dot // 4 if hanging else height - 1 - dot // 4
            cells[row][place // 2] |= columns[place % 2][dot % 4]
    return ["".join(chr(_BRAILLE + cell) if cell else " " for cell in row) for row in cells]


def nice(value: float, base: float = 10) -> float:
    """Find the next round number from a value on: 1, 2 or 5 times a power; with base 1024 of bytes."""
    if value <= 0:
        return 1.0
    unit = 1.0
    while value > unit * base:
        unit *= base
    if base == 1024:
        step = 1.0
        while step * unit < value:
            step *= 2
        return step * unit
    return next((step * unit for step in _NICE if step * unit >= value), 10 * unit)


def highest(*series: Values) -> float:
    """Return the highest value of all; zero if none is known."""
    return max((value for values in series for value in values if value is not None), default=0.0)
