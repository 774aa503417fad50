"""A line as a shell would read it, up to the place where somebody types; and words quoted to stand there."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

PROGRAMS = ("stackyard", "docker")
_BLANK = " \t\r\n"
_PLAIN = re.compile(r"[^\w@%+=:,./~{}-]", re.ASCII)
_IN_DOUBLE = re.compile(r'(["\\])')


class Typed(NamedTuple):
    """The words before the cursor, the last of them under way."""

    words: tuple[str, ...]
    """What they mean, without a leading `docker` or `stackyard`; the last one is empty after a blank."""
    start: int
    """Where the word under way begins in the line."""
    quote: str = ""
    """The quotation mark that is open at the cursor."""


def typed(text: str) -> Typed:
    """Read a line that goes as far as the cursor; no line is too broken to be read."""
    words: list[str] = []
    word: list[str] | None = None
    quote, start, place = "", len(text), 0
    while place < len(text):
        letter = text[place]
        if word is None and letter not in _BLANK:
            word, start = [], place
        if word is None:
            pass
        elif quote:
            place, quote = _quoted(text, place, quote, word)
        elif letter in _BLANK:
            words.append("".join(word))
            word, start = None, len(text)
        elif letter in "'\"":
            quote = letter
        elif letter == "\\":
            word.append(text[place + 1 : place + 2])
            place += 1
        else:
            word.append(letter)
        place += 1
    words.append("".join(word or ()))
    if len(words) > 1 and words[0] in PROGRAMS:
        del words[0]
    return Typed(tuple(words), start if word is not None else len(text), quote)


def _quoted(text: str, place: int, quote: str, word: list[str]) -> tuple[int, str]:
    """Take one letter between quotation marks; return where it ended, and the mark if it is still open."""
    letter = text[place]
    if letter == quote:
        return place, ""
    if letter == "\\" and quote == '"' and text[place + 1 : place + 2] in ('"', "\\"):
        place += 1
        letter = text[place]
    word.append(letter)
    return place, quote


def quoted(word: str, mark: str = "", *, closed: bool = True) -> str:
    """Write a word so that it is read as it is, in the kind of quotation marks that is already open."""
    if not mark:
        if not _PLAIN.search(word):
            return word
        # A backslash each, so that the word can go on; what is no letter at all is quoted whole.
        return _PLAIN.sub(r"\\\g<0>", word) if word.isprintable() else shlex.quote(word)
    inside = _IN_DOUBLE.sub(r"\\\1", word) if mark == '"' else word.replace("'", "'\\''")
    return f"{mark}{inside}{mark if closed else ''}"


def split(text: str) -> list[str]:
    """Read a whole line, without a leading `docker` or `stackyard`. Raises ValueError: a mark is open."""
    words = shlex.split(text)
    return words[1:] if words[:1] and words[0] in PROGRAMS else words
