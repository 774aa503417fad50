"""How a cell is written: its colours and attributes, and the SGR parameters that choose them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

DEFAULT_COLOUR = -1
TRUE_COLOUR = 1 << 24
"""Added to 0xRRGGBB; below it is a place in the palette of 256."""

BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, HIDDEN, STRIKE, DOUBLE, OVERLINE = (1 << n for n in range(10))
_ON = {
    1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 5: BLINK, 6: BLINK, 7: REVERSE, 8: HIDDEN, 9: STRIKE,
    21: DOUBLE, 53: OVERLINE,
}  # fmt: skip
_OFF = {
    22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE | DOUBLE, 25: BLINK, 27: REVERSE, 28: HIDDEN, 29: STRIKE,
    55: OVERLINE,
}  # fmt: skip


class Pen(NamedTuple):
    """Colours (a place in the palette, or `TRUE_COLOUR` and up) and attributes of what is written."""

    foreground: int = DEFAULT_COLOUR
    background: int = DEFAULT_COLOUR
    flags: int = 0


PLAIN = Pen()


@lru_cache(4096)
def erasing(pen: Pen) -> Pen:
    """Return the pen of what this one erases: its background alone stays (xterm's `bce`)."""
    return Pen(background=pen.background) if pen.background != DEFAULT_COLOUR else PLAIN


@lru_cache(4096)
def written_with(pen: Pen, parameters: str) -> Pen:
    """Return the pen after `CSI parameters m`; equal pens are mostly one object."""
    fields = iter(parameters.split(";"))
    for field in fields:
        if ":" in field:
            pen = _with_parts(pen, field.split(":"))
            continue
        number = _number(field)
        if number in (38, 48, 58):
            pen = _coloured(pen, number, _colour_of(fields))
        else:
            pen = _with(pen, number)
    return PLAIN if pen == PLAIN else pen


def _with(pen: Pen, number: int) -> Pen:
    if number == 0:
        return PLAIN
    if number in _ON:
        return pen._replace(flags=pen.flags | _ON[number])
    if number in _OFF:
        return pen._replace(flags=pen.flags & ~_OFF[number])
    if 30 <= number <= 37 or 40 <= number <= 47:
        return _coloured(pen, number // 10 * 10 + 8, number % 10)
    if 90 <= number <= 97 or 100 <= number <= 107:
        return _coloured(pen, 38 if number < 100 else 48, number % 10 + 8)
    if number in (39, 49):
        return _coloured(pen, number - 1, DEFAULT_COLOUR)
    return pen


def _coloured(pen: Pen, which: int, colour: int | None) -> Pen:
    if colour is None or which == 58:
        return pen
    return pen._replace(foreground=colour) if which == 38 else pen._replace(background=colour)


def _colour_of(fields: Iterator[str]) -> int | None:
    """Take the colour that follows 38 or 48 as parameters of its own."""
    kind = _number(next(fields, ""))
    if kind == 5:
        return _palette(_number(next(fields, "")))
    if kind == 2:
        return _true([_number(next(fields, "")) for _ in range(3)])
    return None


def _with_parts(pen: Pen, parts: list[str]) -> Pen:
    """Take one parameter with parts: `4:3`, `38:5:n`, `38:2::r:g:b` or `38:2:r:g:b` (ISO 8613-6)."""
    which, kind = _number(parts[0]), _number(parts[1])
    if which == 4:
        off = pen._replace(flags=pen.flags & ~(UNDERLINE | DOUBLE))
        return off if kind == 0 else off._replace(flags=off.flags | (DOUBLE if kind == 2 else UNDERLINE))
    if which not in (38, 48):
        return pen
    rest = [_number(part) for part in parts[2:]]
    if kind == 5 and rest:
        return _coloured(pen, which, _palette(rest[0]))
    if kind == 2 and len(rest) >= 3:
        return _coloured(pen, which, _true(rest[1:4] if len(rest) > 3 else rest))
    return pen


def _palette(number: int) -> int | None:
    return number if number < 256 else None


def _true(parts: list[int]) -> int | None:
    red, green, blue = parts
    return TRUE_COLOUR | red << 16 | green << 8 | blue if max(parts) < 256 else None


def _number(field: str) -> int:
    return int(field) if field else 0


@lru_cache(4096)
def chosen_by(pen: Pen) -> str:
    """Write the SGR parameters that choose a pen, whatever was chosen before."""
    words = ["0", *(str(number) for number, flag in _ON.items() if pen.flags & flag and number != 6)]
    for colour, base in ((pen.foreground, 38), (pen.background, 48)):
        if colour >= TRUE_COLOUR:
            words.append(f"{base};2;{colour >> 16 & 255};{colour >> 8 & 255};{colour & 255}")
        elif colour != DEFAULT_COLOUR:
            words.append(f"{base};5;{colour}")
    return ";".join(words)
