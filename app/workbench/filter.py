"""What a list is narrowed to, and where its words are found.

Words that are parted by spaces must all be found, in any order and anywhere. A word is a regular expression
(or, where it is none, taken as it stands); `!word` must not be found; `~word` is fuzzy: its letters in their
order. Upper and lower case are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.workbench.spans import Span

_Pattern = re.Pattern[str]


class _Word(NamedTuple):
    pattern: _Pattern
    inverse: bool = False
    fuzzy: bool = False


class Filter:
    """Words that decide about rows; without any, every row fits."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self._words = [word for part in text.split() if (word := _word(part))]

    def fits(self, name: str, *more: str) -> bool:
        """Tell whether something fits; fuzzy words are looked for in its name alone."""
        return all(self._found(word, name, more) != word.inverse for word in self._words)

    def _found(self, word: _Word, name: str, more: Sequence[str]) -> bool:
        if word.pattern.search(name):
            return True
        return not word.fuzzy and any(map(word.pattern.search, more))

    def places(self, text: str) -> list[tuple[int, int]]:
        """Tell from where to where words are found in a text; fuzzy ones in its letters."""
        found: list[tuple[int, int]] = []
        for word in self._words:
            if word.inverse:
                continue
            if not word.fuzzy:
                found += [match.span() for match in word.pattern.finditer(text)]
            elif match := word.pattern.search(text):
                found += [match.span(group) for group in range(1, (match.lastindex or 0) + 1)]
        return _joined(found)

    def marked(self, spans: Sequence[Span]) -> list[Span]:
        """Show in spans what was found."""
        if not self._words:
            return list(spans)
        return [part for span in spans for part in self._parts(span)]

    def _parts(self, span: Span) -> list[Span]:
        parts, at = [], 0
        for start, end in self.places(span.text):
            parts += [Span(span.text[at:start], span.role), Span(span.text[start:end], "found")]
            at = end
        return [part for part in (*parts, Span(span.text[at:], span.role)) if part.text]


def _word(text: str) -> _Word | None:
    inverse = text.startswith("!")
    text = text[inverse:]
    fuzzy = text.startswith("~")
    text = text[fuzzy:]
    if not text:
        return None
    if fuzzy:
        letters = ".*?".join(f"({re.escape(letter)})" for letter in text)
        return _Word(re.compile(letters, re.IGNORECASE), inverse, fuzzy)
    return _Word(pattern(text), inverse)


def pattern(text: str) -> _Pattern:
    """Read a regular expression; text that is none is taken as it stands."""
    make: Callable[[str], _Pattern] = lambda words: re.compile(words, re.IGNORECASE)  # noqa: E731
    try:
        return make(text)
    except re.error:
        return make(re.escape(text))


def _joined(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what overlaps, leave out what is empty."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif end > start:
            joined.append((start, end))
    return joined
