"""The words of a Dockerfile's line: quotes, escapes and `$NAME`, much as a POSIX shell reads them.

Follows https://docs.docker.com/reference/dockerfile/#environment-replacement.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.dockerfile.substitution import Unfit, replaced, without_prefix, without_suffix
from engine.errors import InvalidInput

_SPECIAL = "@*#?-$!0"
_Piece = tuple[str, bool]


def expand(word: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """Put variables in and take quotes and escapes away; raises InvalidInput with docker's sentence."""
    if "$" not in word and '"' not in word and "'" not in word and escape not in word:
        return word
    return "".join(text for text, _ in _read(_Reader(word, variables, escape)))


def split(word: str, variables: Mapping[str, str], escape: str = "\\") -> list[str]:
    """Expand, then part the outcome at blanks that were neither quoted nor escaped; raises InvalidInput."""
    words, current = [], ""
    for text, loose in _read(_Reader(word, variables, escape)):
        for char in text:
            if not loose or not blank(char):
                current += char
            elif current:
                words.append(current)
                current = ""
    return [*words, current] if current else words


def expand_document(text: str, variables: Mapping[str, str]) -> str:
    """Put variables into a heredoc, where quotes are but letters and a backslash escapes."""
    if "$" not in text and "\\" not in text:
        return text
    return "".join(piece for piece, _ in _read(_Reader(text, variables, "\\", quotes=False)))


def unset(
    word: str, variables: Mapping[str, str], escape: str = "\\", *, quotes: bool = True
) -> tuple[str, ...]:
    """Name the variables of a word that have no value, in the order they are asked for."""
    return _names(_Reader(word, variables, escape, quotes=quotes), "missing")


def used(word: str, variables: Mapping[str, str], escape: str = "\\") -> tuple[str, ...]:
    """Name the variables of a word that have a value, in the order they are asked for."""
    return _names(_Reader(word, variables, escape), "found")


def blank(char: str) -> bool:
    """Say whether Go takes a letter for a blank: ASCII's separators are none."""
    return char.isspace() and not "\x1c" <= char <= "\x1f"


def _names(reader: _Reader, which: str) -> tuple[str, ...]:
    try:
        reader.pieces()
    except Unfit:
        pass
    return tuple(dict.fromkeys(getattr(reader, which)))


def _read(reader: _Reader) -> list[_Piece]:
    try:
        return reader.pieces()
    except Unfit as fault:
        import json

        word = json.dumps(reader.text, ensure_ascii=False)
        raise InvalidInput(f"failed to process {word}: {fault}") from None


class _Reader:
    """One word being read."""

    def __init__(self, text: str, variables: Mapping[str, str], escape: str, *, quotes: bool = True) -> None:
        self.text = text
        self.at = 0
        self.found: list[str] = []
        self.missing: list[str] = []
        self._variables = variables
        self._escape = escape
        self._quotes = quotes

    def pieces(self, stop: str = "", *, raw: bool = False) -> list[_Piece]:
        """Read up to `stop`, or all; `raw` keeps the escapes. True beside a piece: its blanks part words."""
        pieces: list[_Piece] = []
        while char := self._next():
            if char == stop:
                return pieces
            if char == "$":
                pieces.append((self._variable(), True))
            elif char == "'" and self._quotes:
                pieces.append((self._single(), False))
            elif char == '"' and self._quotes:
                pieces.append((self._double(raw), False))
            elif char == self._escape:
                pieces.append(((char if raw else "") + self._next(), False))
            else:
                pieces.append((char, True))
        if stop:
            raise Unfit(f"unexpected end of statement while looking for matching {stop}")
        return pieces

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        char = self.text[self.at : self.at + 1]
        self.at += len(char)
        return char

    def _single(self) -> str:
        start = self.at
        end = self.text.find("'", start)
        if end < 0:
            self.at = len(self.text)
            raise Unfit("unexpected end of statement while looking for matching single-quote")
        self.at = end + 1
        return self.text[start:end]

    def _double(self, raw: bool) -> str:
        text = ""
        while char := self._next():
            if char == '"':
                return text
            if char == "$":
                text += self._variable()
            elif char != self._escape:
                text += char
            else:
                # Only these need an escape between double quotes; before all else it is a letter.
                special = self._peek() in ('"', "$", self._escape)
                text += (char if raw or not special else "") + (self._next() if special else "")
        raise Unfit("unexpected end of statement while looking for matching double-quote")

    def _variable(self) -> str:
        """Read what stands behind a `$`."""
        if self._peek() != "{":
            name = self._name()
            return self._value(name) or "" if name else "$"
        self.at += 1
        if not self._peek():
            raise Unfit("syntax error: missing '}'")
        if self._peek() in "{}:":
            raise Unfit("syntax error: bad substitution")
        name = self._name()
        modifier = self._next()
        if not modifier:
            raise Unfit("syntax error: missing '}'")
        if modifier == "}":
            return self._value(name) or ""
        if modifier == "/":
            return self._replaced(name)
        colon = modifier == ":"
        if colon:
            modifier += self._next()
        kind = modifier[-1]
        if not colon and kind not in "+-?#%":
            raise Unfit(f"unsupported modifier ({modifier}) in substitution")
        word = self._inner("}", raw=kind in ("#", "%"))
        if kind in ("+", "-", "?"):
            return self._conditional(name, kind, colon, word)
        if colon or kind not in ("#", "%"):
            raise Unfit(f"unsupported modifier ({modifier}) in substitution")
        trimmed = without_prefix if kind == "#" else without_suffix
        return trimmed(self._value(name) or "", word)

    def _conditional(self, name: str, kind: str, colon: bool, word: str) -> str:
        value = self._value(name)
        absent = value is None or (colon and not value)
        if kind == "-":
            return word if absent else value or ""
        if kind == "+":
            return "" if absent else word
        if absent:
            state = "unset" if value is None else "empty"
            raise Unfit(f"{name}: {word or f'is not allowed to be {state}'}")
        return value or ""

    def _replaced(self, name: str) -> str:
        """Read `pattern/replacement}`, or `/pattern/replacement}` for all of them."""
        everywhere = self._peek() == "/"
        self.at += everywhere
        pattern = self._inner("/", raw=True)
        replacement = self._inner("}", raw=True)
        return replaced(self._value(name) or "", pattern, replacement, everywhere=everywhere)

    def _inner(self, stop: str, *, raw: bool) -> str:
        try:
            return "".join(text for text, _ in self.pieces(stop, raw=raw))
        except Unfit:
            if self._peek():
                raise
            missing = "missing '}'" if stop == "}" else "missing '/' in ${}"
            raise Unfit(f"syntax error: {missing}") from None

    def _name(self) -> str:
        """Read a name, a number, or one of the shell's special letters."""
        start = self.at
        char = self._peek()
        if char.isdecimal():
            while self._peek().isdecimal():
                self.at += 1
        elif char and char in _SPECIAL:
            self.at += 1
        else:
            while (char := self._peek()).isalpha() or char.isdecimal() or char == "_":
                self.at += 1
        return self.text[start : self.at]

    def _value(self, name: str) -> str | None:
        value = self._variables.get(name)
        (self.missing if value is None else self.found).append(name)
        return value
