"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Collection

_FAR = 3
_TELLING = 3


def meant(word: str, known: Collection[str], *, any_case: bool = False) -> str:
    """Return ` (did you mean X?)` for the nearest of the known words, or nothing if none is near."""
    wanted = word.lower() if any_case else word
    best, nearest = "", _FAR
    for name in known:
        candidate = name.lower() if any_case else name
        if candidate == wanted:
            return ""
        far = distance(wanted, candidate)
        if far < nearest:
            best, nearest = name, far
    if not best and len(word) >= _TELLING:
        begun = [name for name in known if (name.lower() if any_case else name).startswith(wanted)]
        best = begun[0] if len(begun) == 1 else ""
    if not best:
        return ""
    return f" (did you mean {best.lower() if any_case and word.islower() else best}?)"


def distance(one: str, other: str) -> int:
    """Count the letters to add, drop or change until one word is the other."""
    if abs(len(one) - len(other)) >= _FAR:
        return _FAR
    row = list(range(len(other) + 1))
    for down, letter in enumerate(one, 1):
        before, row[0] = row[0], down
        for across, against in enumerate(other, 1):
            change = before + (letter != against)
            before = row[across]
            row[across] = min(change, before + 1, row[across - 1] + 1)
    return row[-1]
