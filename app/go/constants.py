"""Go's literals: numbers, characters and strings."""

from __future__ import annotations

import math
import re

from app.units import quoted

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}


def unquoted(text: str) -> str:
    """Read a string or a character as it is written in Go (strconv.Unquote); raises ValueError."""
    mark, inside = text[0], text[1:-1]
    if mark == "`":
        return inside.replace("\r", "")

    def plain(match: re.Match[str]) -> str:
        short, code, long, octal, simple = match.groups()
        if short or octal:
            # A byte, which may be a part of a character.
            return (
                chr(0xDC00 + byte) if (byte := int(short or octal, 16 if short else 8)) > 127 else chr(byte)
            )
        if code or long:
            return chr(int(code or long, 16))
        if simple == mark:
            return mark
        if simple not in _SIMPLE:
            raise ValueError("invalid syntax")
        return _SIMPLE[simple]

    whole = _ESCAPE.sub(plain, inside)
    return whole.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if "\\" in inside else whole


def number(text: str) -> int | float | complex:
    """Read a number or a character constant; raises ValueError in Go's words."""
    if text.startswith("'"):
        try:
            character = unquoted(text)
        except ValueError:
            raise ValueError("invalid syntax") from None
        if len(character) != 1:
            raise ValueError(f"malformed character constant: {text}")
        return ord(character)
    try:
        if text.endswith("i"):
            return complex(0, float(text[:-1]))
        if re.fullmatch(r"[+-]?0[0-7_]+", text):
            return int(text.replace("_", ""), 8)
        if re.fullmatch(r"[+-]?(\d[\d_]*|0[xXbBoO]\w+)", text):
            return int(text, 0)
        if math.isinf(value := float(text)):
            raise ValueError(text)
        return value
    except ValueError:
        raise ValueError(f"illegal number syntax: {quoted(text)}") from None
