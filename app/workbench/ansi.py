"""What a program printed, made fit for one line of a screen: colours kept, every other control dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.color import Color
from rich.style import Style

# ECMA-48: a control sequence, an operating-system command, any other escape; then the single controls.
_ESCAPE = re.compile(
    r"\x1b(?:\[([0-9;:]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_]|[ -/]+[0-~]?)"
)
_ESCAPE_BYTES = re.compile(
    rb"\x1b(?:\[[0-9;:]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_]|[ -/]+[0-~]?)"
)
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TAB = 8
NORMAL = Style()
_FLAGS = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


def visible(text: bytes) -> bytes:
    """Take the escape sequences out, so that a search finds what is read; newlines stay."""
    return _ESCAPE_BYTES.sub(b"", text) if b"\x1b" in text else text


def parse(text: bytes) -> list[tuple[str, Style]]:
    """Split one line into runs of text with their colours; of an overwritten line the last state is kept."""
    words = text.rstrip(b"\r")
    words = words[words.rfind(b"\r") + 1 :]
    runs: list[tuple[str, Style]] = []
    column = 0
    for run, style in _runs(words.decode("utf-8", "replace")):
        clean = _CONTROLS.sub("", run)
        if "\t" in clean:
            clean = _expand(clean, column)
        column += len(clean)
        if clean:
            runs.append((clean, style))
    return runs


def _expand(text: str, column: int) -> str:
    return (" " * (column % TAB) + text).expandtabs(TAB)[column % TAB :]


def _runs(text: str) -> Iterator[tuple[str, Style]]:
    if "\x1b" not in text:
        yield text, NORMAL
        return
    style = NORMAL
    at = 0
    for match in _ESCAPE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()], style
        if match[2] == "m":
            style = _styled(style, match[1])
        at = match.end()
    yield text[at:], style


@lru_cache(256)
def _styled(style: Style, codes: str) -> Style:
    """Apply one SGR sequence."""
    numbers = iter([int(code) if code else 0 for code in re.split("[;:]", codes)])
    for number in numbers:
        if number == 0:
            style = NORMAL
        elif number in _FLAGS:
            style += Style(**{_FLAGS[number]: True})  # type: ignore[arg-type]
        elif number in _OFF:
            style += Style(**dict.fromkeys(_OFF[number], False))  # type: ignore[arg-type]
        elif number in (38, 48):
            style += _extended(number, numbers)
        else:
            style += _plain_colour(number)
    return style


def _plain_colour(number: int) -> Style:
    if 30 <= number <= 37 or 90 <= number <= 97:
        return Style(color=Color.from_ansi(number - 30 if number < 90 else number - 82))
    if 40 <= number <= 47 or 100 <= number <= 107:
        return Style(bgcolor=Color.from_ansi(number - 40 if number < 100 else number - 92))
    if number == 39:
        return Style(color="default")
    return Style(bgcolor="default") if number == 49 else NORMAL


def _extended(number: int, numbers: Iterator[int]) -> Style:
    kind = next(numbers, 0)
    if kind == 5:
        colour = Color.from_ansi(min(255, next(numbers, 0)))
    elif kind == 2:
        red, green, blue = (min(255, next(numbers, 0)) for _ in range(3))
        colour = Color.from_rgb(red, green, blue)
    else:
        return NORMAL
    return Style(color=colour) if number == 38 else Style(bgcolor=colour)
