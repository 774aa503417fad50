"""Shell patterns by the rules of Go's path.Match: `*` and `?` never match a slash."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.errors import InvalidInput


@lru_cache(maxsize=64)
def compiled(pattern: str) -> re.Pattern[str]:
    """Translate a pattern; raises InvalidInput `syntax error in pattern` as docker does."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[":
            text, at = _bracket(pattern, at)
            out.append(text)
        elif char == "\\":
            char, at = _literal(pattern, at - 1)
            out.append(re.escape(char))
        else:
            out.append(re.escape(char))
    return re.compile("".join(out), re.DOTALL)


def matches(pattern: str, name: str) -> bool:
    """Tell whether the whole name fits the pattern."""
    return compiled(pattern).fullmatch(name) is not None


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """Translate a character class that opened just before `at`; a class never matches a slash by itself."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[str] = []
    while not (ranges and pattern.startswith("]", at)):
        low, at = _member(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _member(pattern, at + 1)
        if low <= high:
            ranges.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            ranges.append("")
    body = "".join(ranges)
    if not body:
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{body}]", at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    """Read one end of a range; a bare `-` or `]` there is a mistake."""
    if at >= len(pattern) or pattern[at] in "-]":
        raise InvalidInput("syntax error in pattern")
    char, at = _literal(pattern, at)
    if at >= len(pattern):
        raise InvalidInput("syntax error in pattern")
    return char, at


def _literal(pattern: str, at: int) -> tuple[str, int]:
    """Read one character, or the one after a backslash."""
    if pattern[at] == "\\":
        at += 1
        if at >= len(pattern):
            raise InvalidInput("syntax error in pattern")
    return pattern[at], at + 1
