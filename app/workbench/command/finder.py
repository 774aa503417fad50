"""Finding things by a few letters: beginnings first, then whole stretches, then scattered letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from textual.fuzzy import FuzzySearch

MOST = 100
"""So many are kept: to score one costs much more than to see that it fits."""
SCATTERED = 8
"""A word that is longer must stand there as it is: each letter multiplies the ways to look at a name."""


class Match(NamedTuple):
    """A text that has the letters."""

    place: int
    """Among the texts."""
    offsets: tuple[int, ...]
    """Where the letters stand."""


def find(wanted: str, texts: Sequence[str]) -> list[Match]:
    """Return the texts that have every wanted word, the best first; with none all in their order."""
    words = wanted.lower().split()
    if not words:
        return [Match(place, ()) for place in range(min(MOST, len(texts)))]
    patterns = [re.compile(".*?".join(map(re.escape, word)), re.DOTALL) for word in words]
    fits: list[tuple[tuple[int, int], int, list[tuple[int, int]]]] = []
    for place, text in enumerate(texts):
        stretches = _stretches(text.lower(), words, patterns)
        if stretches:
            spread = sum(end - start for start, end in stretches) - sum(map(len, words))
            fits.append(((spread, stretches[0][0] > 0), place, stretches))
    fits.sort(key=lambda one: one[0])
    return _scored(words, texts, fits[:MOST])


def _stretches(text: str, words: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> list[tuple[int, int]]:
    """Find for each word where it stands, or else the stretch that has all its letters."""
    found: list[tuple[int, int]] = []
    for word, pattern in zip(words, patterns, strict=True):
        start = text.find(word)
        if start >= 0:
            found.append((start, start + len(word)))
            continue
        scattered = pattern.search(text) if len(word) <= SCATTERED else None
        if scattered is None:
            return []
        found.append(scattered.span())
    return found


def _scored(
    words: Sequence[str],
    texts: Sequence[str],
    fits: Sequence[tuple[tuple[int, int], int, list[tuple[int, int]]]],
) -> list[Match]:
    search = FuzzySearch(cache_size=1)
    found: list[tuple[tuple[int, int, float], Match]] = []
    for (spread, later), place, stretches in fits:
        offsets = [
            start + offset
            for word, (start, end) in zip(words, stretches, strict=True)
            for offset in search.match(word, texts[place][start:end])[1]
        ]
        score = search.score(texts[place], offsets) if offsets else 0.0
        found.append(((spread > 0, later, -score), Match(place, tuple(offsets))))
    found.sort(key=lambda one: one[0])
    return [match for _, match in found]
