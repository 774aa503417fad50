"""Heredocs: the words that announce them.

Follows https://docs.docker.com/reference/dockerfile/#here-documents.
"""

from __future__ import annotations

import re

from engine.dockerfile.instructions import Heredoc

_WORD = re.compile(r"(\d*)<<(-?)\s*([^<]*)", re.ASCII)
_BRACES = r"\$\{(?:[^{}]|\$\{(?:[^{}]|\$\{[^{}]*\})*\})*\}"
_PIECE = re.compile(
    r"""(?P<blank>[^\S\x1c-\x1f]+)"""
    rf"""|\\.?|'[^']*'|"(?:[^"\\]|\\.)*"|{_BRACES}|(?P<open>['"]|\$\{{)|[^\\'"$<\s]+|<<[\t\r ]*|.""",
    re.DOTALL,
)
_QUOTED = re.compile(r"""\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_ESCAPED = re.compile(r'\\(["$\\])')
_TABS = re.compile(r"^\t+", re.MULTILINE)


def announced(line: str) -> list[Heredoc]:
    """List the heredocs that a line announces, empty as yet; a line whose quotes do not match has none."""
    return [heredoc for word in _words(line) if "<<" in word and (heredoc := announcement(word))]


def announcement(word: str) -> Heredoc | None:
    """Read one word as the announcement of a heredoc, if it is one."""
    match = _WORD.fullmatch(word)
    if not match or len(_words(match[3])) != 1:
        return None
    raw = match[3].strip()
    name = _QUOTED.sub(_bare, raw)
    return Heredoc(name, "", _quotes(name) == _quotes(raw), match[2] == "-", int(match[1] or "0"))


def without_tabs(heredoc: Heredoc) -> Heredoc:
    """Take the leading tabs of a `<<-` document away."""
    return heredoc._replace(content=_TABS.sub("", heredoc.content)) if heredoc.strip_tabs else heredoc


def _words(line: str) -> list[str]:
    """Part a line at the blanks outside of quotes; quotes and escapes stay."""
    words = [""]
    for piece in _PIECE.finditer(line):
        if piece["open"]:
            return []
        if piece["blank"]:
            words.append("")
        else:
            words[-1] += piece[0]
    return [word for word in words if word]


def _bare(match: re.Match[str]) -> str:
    escaped, single, double = match.groups()
    return escaped or single or _ESCAPED.sub(r"\1", double or "")


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')
