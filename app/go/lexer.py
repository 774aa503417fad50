"""A template's text as tokens (text/template/parse/lex.go); an error is a token too, told when reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.units import quoted

KEYWORDS = frozenset(
    {"block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"}
)
_SPACE = re.compile(r"[ \t\r\n]+")
_LEFT = re.compile(r"\{\{(-(?=[ \t\r\n]))?")
_RIGHT = re.compile(r"(?:[ \t\r\n]-)?\}\}")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*|0[bB][01_]*|0[oO][0-7_]*|[0-9_]*)(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?i?"
)
_QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"')
_CHARACTER = re.compile(r"'(?:\\.[^'\n]*|[^'\\\n])*'")
_SIGNS = {"=": "assign", "|": "pipe", ",": "char"}


class Token(NamedTuple):
    """One token; `kind` is text, left, right, space, error, keyword, char … or a class of operand."""

    kind: str
    text: str
    offset: int
    line: int

    def __str__(self) -> str:
        if self.kind == "end of file":
            return "EOF"
        if self.kind in ("keyword", "dot"):
            return f"<{self.text}>"
        if self.kind == "error":
            return self.text
        return f"{quoted(self.text[:10])}..." if len(self.text) > 10 else quoted(self.text)


class Lexer:
    """Reads one template; `tokens` ends with an error or with `end of file`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def tokens(self) -> Iterator[Token]:
        """Yield the tokens in their order."""
        trim = False
        while True:
            left = _LEFT.search(self.text, self.position)
            end = left.start() if left else len(self.text)
            words, start = self.text[self.position : end], self.position
            if trim:
                start += len(words) - len(words.lstrip(" \t\r\n"))
                words = words.lstrip(" \t\r\n")
            if left and left[1]:
                words = words.rstrip(" \t\r\n")
            if words:
                yield self._token("text", words, start)
            if left is None:
                yield self._token("end of file", "", end)
                return
            self.position = left.end()
            if self.text.startswith("/*", _comment_start(self.text, left)):
                failed, trim = self._comment(_comment_start(self.text, left))
                if failed:
                    yield failed
                    return
                continue
            yield self._token("left", left[0], left.start())
            for token in self._action():
                yield token
                if token.kind == "error":
                    return
                trim = len(token.text) > 2
            self.depth = 0

    def _comment(self, start: int) -> tuple[Token | None, bool]:
        end = self.text.find("*/", start)
        if end < 0:
            return self._token("error", "unclosed comment", start), False
        right = _RIGHT.match(self.text, end + 2)
        if right is None:
            return self._token("error", "comment ends before closing delimiter", start), False
        self.position = right.end()
        return None, len(right[0]) > 2

    def _action(self) -> Iterator[Token]:
        """Yield the tokens of one action, up to its right delimiter."""
        while True:
            start = self.position
            right = _RIGHT.match(self.text, start)
            if right:
                if self.depth:
                    yield self._token("error", "unclosed left paren", start)
                    return
                self.position = right.end()
                yield self._token("right", right[0], start)
                return
            token = self._inside(start)
            if token.kind != "error":
                self.position = start + len(token.text)
            yield token

    def _inside(self, start: int) -> Token:
        if start == len(self.text):
            return self._token("error", "unclosed action", start)
        first = self.text[start]
        space = _SPACE.match(self.text, start)
        if space:
            # A trimming right delimiter takes the last blank for itself.
            end = space.end() - self.text.startswith("-}}", space.end())
            return self._token("space", self.text[start : max(end, start + 1)], start)
        if first in _SIGNS:
            return self._token(_SIGNS[first], first, start)
        if first == ":":
            declares = self.text.startswith(":=", start)
            return self._token(*(("declare", ":=") if declares else ("error", "expected :=")), start)
        if first in "\"`'":
            return self._string(first, start)
        if first in "()":
            return self._paren(first, start)
        if first in ".$":
            return self._field(first, start)
        if first in "+-" or first.isdecimal():
            return self._number(start)
        return self._word(first, start)

    def _paren(self, sign: str, start: int) -> Token:
        self.depth += 1 if sign == "(" else -1
        if self.depth < 0:
            return self._token("error", "unexpected right paren", start)
        return self._token(f"{'left' if sign == '(' else 'right'} paren", sign, start)

    def _string(self, first: str, start: int) -> Token:
        if first == "`":
            end = self.text.find("`", start + 1)
            if end < 0:
                return self._token("error", "unterminated raw quoted string", start)
            return self._token("string", self.text[start : end + 1], start)
        match = (_QUOTED if first == '"' else _CHARACTER).match(self.text, start)
        if match:
            return self._token("string" if first == '"' else "number", match[0], start)
        what = "quoted string" if first == '"' else "character constant"
        return self._token("error", f"unterminated {what}", start)

    def _field(self, first: str, start: int) -> Token:
        word = _WORD.match(self.text, start + 1)
        if first == "." and self.text[start + 1 : start + 2].isdecimal():
            return self._number(start)
        if first == "." and start + 1 == len(self.text):
            return self._token("error", 'illegal number syntax: "."', start)
        end = word.end() if word else start + 1
        if not self._ends(end):
            return self._bad(end)
        kind = ("field" if word else "dot") if first == "." else "variable"
        return self._token(kind, self.text[start:end], start)

    def _number(self, start: int) -> Token:
        match = _NUMBER.match(self.text, start)
        end = match.end() if match else start + 1
        if _WORD.match(self.text, end):
            return self._token("error", f"bad number syntax: {quoted(self.text[start : end + 1])}", start)
        return self._token("number", self.text[start:end], start)

    def _word(self, first: str, start: int) -> Token:
        word = _WORD.match(self.text, start)
        if word is None:
            if first.isascii() and first.isprintable():
                return self._token("char", first, start)
            return self._token("error", f"unrecognized character in action: {_named(first)}", start)
        if not self._ends(word.end()):
            return self._bad(word.end())
        if word[0] in KEYWORDS:
            return self._token("keyword", word[0], start)
        return self._token("bool" if word[0] in ("true", "false") else "identifier", word[0], start)

    def _ends(self, position: int) -> bool:
        rest = self.text[position : position + 2]
        return not rest or rest[0] in " \t\r\n.,|:()" or rest == "}}"

    def _bad(self, position: int) -> Token:
        return self._token("error", f"bad character {_named(self.text[position])}", position)

    def _token(self, kind: str, text: str, offset: int) -> Token:
        return Token(kind, text, offset, 1 + self.text.count("\n", 0, offset))


def _comment_start(text: str, left: re.Match[str]) -> int:
    """Return where a comment of this action would begin: after the delimiter, and a blank that trims."""
    return left.end() + (1 if left[1] else 0)


def _named(character: str) -> str:
    return f"U+{ord(character):04X} '{character}'"
