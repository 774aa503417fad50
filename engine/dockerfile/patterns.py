"""Patterns that leave paths out: `*`, `?`, `[a-z]`, `**` and `!`, where the last that fits decides.

A pattern that fits a directory fits all below it. Follows
https://docs.docker.com/reference/dockerfile/#dockerignore-file and, for one name, Go's path/filepath.Match.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from engine.errors import InvalidInput

_Fits = Callable[[str], "re.Match[str] | None"]


class Pattern(NamedTuple):
    """One pattern, cleaned."""

    text: str
    keeps: bool
    """It stood behind a `!`: what it fits is taken in again."""


class Patterns:
    """A list of patterns; false where there is none. Paths are relative, without a slash at either end."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.patterns = tuple(_pattern(line.strip()) for line in lines if line.strip())
        self._paths: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._path_fits: list[tuple[int, _Fits]] = []
        self._name_fits: list[tuple[int, _Fits]] = []
        # A bit for each pattern that fits a directory or one above it.
        self._masks: dict[str, int] = {"": 0}
        path_gate: list[str] = []
        name_gate: list[str] = []
        for number, pattern in enumerate(self.patterns):
            self._sort(1 << number, pattern.text, path_gate, name_gate)
        self._path_gate = _compiled("|".join(path_gate)) if path_gate else None
        self._name_gate = _compiled("|".join(name_gate)) if name_gate else None
        self._keeping = [(number, p.text.split("/")) for number, p in enumerate(self.patterns) if p.keeps]

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def excluded(self, path: str, is_dir: bool = False) -> bool:
        """Say whether a path is left out; what a path is makes no difference."""
        if not self.patterns or path == ".":
            return False
        return self._left_out(self._fitting(path))

    def may_reinclude(self, directory: str) -> bool:
        """Say whether a `!` pattern may take in something below a directory that is left out."""
        if not self._keeping:
            return False
        # Below the directory all that fits the directory fits too, so only a later `!` changes anything.
        last = self._fitting(directory).bit_length() - 1
        above = directory.split("/")
        return any(number > last and _reaches(parts, above) for number, parts in self._keeping)

    def _sort(self, bit: int, text: str, path_gate: list[str], name_gate: list[str]) -> None:
        """Put a pattern where the question whether it fits costs least."""
        rest = text[3:] if text.startswith("**/") else ""
        if rest and "/" not in rest and "**" not in rest and "[" not in rest:
            table, fits, gate = self._names, self._name_fits, name_gate
        else:
            rest, table, fits, gate = text, self._paths, self._path_fits, path_gate
        expression, literal = _expression(rest)
        if literal is not None:
            table[literal] = table.get(literal, 0) | bit
        else:
            fits.append((bit, _compiled(expression).fullmatch))
            gate.append(expression)

    def _fitting(self, path: str) -> int:
        parent, _, name = path.rpartition("/")
        mask = self._masks.get(parent)
        if mask is None:
            mask = self._masks[parent] = self._fitting(parent)
        mask |= self._paths.get(path, 0) | self._names.get(name, 0)
        if self._name_gate is not None and self._name_gate.fullmatch(name):
            for bit, fits in self._name_fits:
                if fits(name):
                    mask |= bit
        if self._path_gate is not None and self._path_gate.fullmatch(path):
            for bit, fits in self._path_fits:
                if fits(path):
                    mask |= bit
        return mask

    def _left_out(self, mask: int) -> bool:
        return mask != 0 and not self.patterns[mask.bit_length() - 1].keeps


def glob(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of Go's filepath.Match, where `**` is but `*`; raises InvalidInput."""
    return _compiled(_expression(pattern, deep=False)[0])


def clean(path: str) -> str:
    """Shorten a path as Go's filepath.Clean does."""
    path = posixpath.normpath(path)
    return "/" + path.lstrip("/") if path.startswith("//") else path


def _pattern(text: str) -> Pattern:
    text = clean(text)
    keeps = text.startswith("!")
    if text == "!":
        raise InvalidInput('illegal exclusion pattern: "!"')
    text = text[keeps:]
    _expression(text)
    return Pattern(text, keeps)


def _reaches(parts: list[str], directory: list[str]) -> bool:
    """Say whether a pattern may fit something strictly below a directory."""
    for part, name in zip(parts, directory, strict=False):
        # Between brackets or escaped, a slash parts nothing.
        if "**" in part or "[" in part or part.endswith("\\"):
            return True
        if not _compiled(_expression(part)[0]).fullmatch(name):
            return False
    return len(parts) > len(directory)


def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)


def _expression(pattern: str, *, deep: bool = True) -> tuple[str, str | None]:
    """Translate a pattern; the second is the one path it fits, where it has nothing but letters."""
    out: list[str] = []
    literal: list[str] | None = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char in "*?[":
            literal = None
        if char == "*":
            if not deep or pattern[at : at + 1] != "*":
                out.append("[^/]*")
                continue
            at += 1
            at += pattern[at : at + 1] == "/"
            out.append(_deep(pattern, at, first=not out))
        elif char == "?":
            out.append("[^/]")
        elif char == "[":
            text, at = _class(pattern, at)
            out.append(text)
        else:
            if char == "\\":
                char = pattern[at : at + 1]
                at += 1
                if not char:
                    raise InvalidInput("syntax error in pattern", details=pattern)
            out.append(re.escape(char))
            if literal is not None:
                literal.append(char)
    return "".join(out), None if literal is None else "".join(literal)


def _deep(pattern: str, at: int, *, first: bool) -> str:
    """Translate a `**` that ends at `at`, with the slash behind it."""
    if at == len(pattern):
        return ".*"
    # `**name` alone fits every path that ends so, whereas `**name*` wants whole names.
    plain = first and pattern[at - 1] != "/" and not any(char in "*?[\\" for char in pattern[at:])
    return ".*" if plain else "(?:.*/)?"


def _class(pattern: str, at: int) -> tuple[str, int]:
    """Translate `[a-z]` whose bracket stands before `at`, and return where it ends."""
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges = ""
    while not (ranges and pattern[at : at + 1] == "]"):
        low, at = _letter(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _letter(pattern, at + 1)
        if high < low:
            raise InvalidInput("syntax error in pattern", details=pattern)
        ranges += f"{re.escape(low)}-{re.escape(high)}"
    return f"[{'^' if negated else ''}{ranges}]", at + 1


def _letter(pattern: str, at: int) -> tuple[str, int]:
    char = pattern[at : at + 1]
    if char in ("", "-", "]"):
        raise InvalidInput("syntax error in pattern", details=pattern)
    if char == "\\":
        at += 1
        char = pattern[at : at + 1]
    if not pattern[at + 1 : at + 2]:
        raise InvalidInput("syntax error in pattern", details=pattern)
    return char, at + 1
