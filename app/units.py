"""Figures as docker writes and reads them (docker/go-units): sizes, memory, ages, texts cut to a width."""

from __future__ import annotations

import re

from engine.errors import InvalidInput

_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
_SUFFIXES = "kmgtp"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_CONTROLS = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}


def human_size(size: float, digits: int = 4) -> str:
    """Write bytes in powers of 1000 with so many significant digits: `209MB`, `1.84kB`."""
    return _scaled(size, 1000, _DECIMAL, digits)


def human_memory(size: float) -> str:
    """Write bytes in powers of 1024 with four significant digits: `7.758GiB`."""
    return _scaled(size, 1024, _BINARY, 4)


def parse_bytes(text: str) -> int:
    """Read a size in powers of 1024: `512`, `6m`, `1.5gb`, `2 GiB`.

    Raises:
        InvalidInput: with docker's own words.
    """
    last = max(text.rfind(character) for character in "0123456789. ")
    if last < 0:
        raise InvalidInput(f"invalid size: '{text}'")
    number, suffix = text[: last + (text[last] != " ")], text[last + 1 :]
    if not _NUMBER.fullmatch(number):
        raise InvalidInput(f"invalid size: '{text}'")
    size = float(number)
    if size < 0:
        raise InvalidInput(f"invalid size: '{text}'")
    match = re.fullmatch(f"(?:b|([{_SUFFIXES}])(?:i?b)?)?", suffix.lower(), re.ASCII)
    if match is None:
        raise InvalidInput(f"invalid suffix: '{suffix.lower()}'")
    return int(size * 1024 ** (_SUFFIXES.index(match[1]) + 1 if match[1] else 0))


def human_duration(seconds: float) -> str:
    """Write an age roughly: `Less than a second`, `About a minute`, `7 months`."""
    whole = int(seconds)
    if whole < 1:
        return "Less than a second"
    if whole < 60:
        return "1 second" if whole == 1 else f"{whole} seconds"
    if (minutes := whole // 60) < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    hours = int(seconds / 3600 + 0.5)
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    for limit, length, name in ((14, 1, "days"), (60, 7, "weeks"), (730, 30, "months")):
        if hours < limit * 24:
            return f"{hours // 24 // length} {name}"
    return f"{whole // 3600 // 24 // 365} years"


def display_width(text: str) -> int:
    """Count the columns of a terminal a text takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(character) in ("Mn", "Me", "Cf") else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )


def ellipsis(text: str, width: int) -> str:
    """Cut a text to so many columns, the last of which is then an ellipsis."""
    if width <= 0:
        return ""
    if width == 1:
        return text[:1]
    if display_width(text) <= width:
        return text
    taken = 0
    for index, character in enumerate(text):
        taken += display_width(character)
        if taken > width - 1:
            return f"{text[:index]}…"
    return text


def truncate_id(id: str) -> str:
    """Cut an id, with or without its algorithm, to its first 12 digits."""
    return id.rpartition(":")[2][:12]


def quoted(text: str) -> str:
    """Write a text in double quotes with Go's escapes (strconv.Quote)."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    if character in _CONTROLS:
        return _CONTROLS[character]
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:
        # A byte that is no UTF-8, as the surrogateescape handler carries it.
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _scaled(size: float, base: float, units: tuple[str, ...], digits: int) -> str:
    step = 0
    while size >= base and step < len(units) - 1:
        size /= base
        step += 1
    return f"{size:.{digits}g}{units[step]}"
