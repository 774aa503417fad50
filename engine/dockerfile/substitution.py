"""Patterns within `${name#…}`, `${name%…}` and `${name/…/…}`: `*`, `?` and letters.

Written without regular expressions, so that no pattern takes more than length times length.
"""

from __future__ import annotations

from collections.abc import Sequence

_ANY = "?"
_RUN = "*"


class Unfit(Exception):
    """A word that cannot be read; the message says why."""


def without_prefix(value: str, word: str) -> str:
    """Take the shortest beginning away that fits, or the longest where the word begins with `#`."""
    longest = word.startswith("#")
    ends = _ends(_tokens(word[longest:]), value, 0)
    return value[ends[-1 if longest else 0] :] if ends else value


def without_suffix(value: str, word: str) -> str:
    """Take the shortest ending away that fits, or the longest where the word begins with `%`."""
    longest = word.startswith("%")
    ends = _ends(_tokens(word[longest:])[::-1], value[::-1], 0)
    return value[: len(value) - ends[-1 if longest else 0]] if ends else value


def replaced(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """Replace the first place that fits, as long as it can be, or all of them."""
    tokens = _tokens(pattern)
    out, at, previous = "", 0, -1
    while at <= len(value):
        ends = _ends(tokens, value, at)
        if ends and ends[-1] > previous:
            out += replacement
            previous = ends[-1]
            if not everywhere:
                return out + value[previous:]
            if previous > at:
                at = previous
                continue
        out += value[at : at + 1]
        at += 1
    return out


def _tokens(pattern: str) -> list[str]:
    """Read a pattern: `=x` is the letter x; raises Unfit for an escape that means nothing."""
    tokens: list[str] = []
    letters = iter(pattern)
    for char in letters:
        if char not in "*?\\":
            tokens.append("=" + char)
        elif char != "\\":
            tokens.append(char)
        else:
            following = next(letters, "")
            if not following or following not in "*?\\}/":
                shown = following or "\ufffd"
                raise Unfit(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{shown}'")
            tokens.append("=" + following)
    return tokens


def _ends(tokens: Sequence[str], value: str, start: int) -> list[int]:
    """Return every place where a match that begins at `start` may end, in order."""
    places = [start]
    for token in tokens:
        if token == _RUN:
            reached: list[int] = []
            for place in places:
                if not reached or place > reached[-1]:
                    line = value.find("\n", place)
                    reached.extend(range(place, (len(value) if line < 0 else line) + 1))
            places = reached
        elif token == _ANY:
            places = [place + 1 for place in places if place < len(value) and value[place] != "\n"]
        else:
            places = [place + 1 for place in places if value[place : place + 1] == token[1]]
    return places
