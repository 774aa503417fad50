"""--chmod: an octal mode, or a symbolic one as chmod(1) reads it (POSIX, "chmod", "Extended Description")."""

from __future__ import annotations

import stat
from collections.abc import Callable

from engine.errors import InvalidInput

Change = Callable[[int], int]
"""Gets a whole st_mode, gives the permission bits that it becomes."""

_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}
_SHIFT = {"u": 6, "g": 3, "o": 0}
_UMASK = 0o022
"""What a clause without `u`, `g`, `o` or `a` leaves alone."""


def change(text: str) -> Change:
    """Read a mode; raises InvalidInput."""
    if text.isascii() and text.isdigit():
        try:
            mode = int(text, 8)
        except ValueError:
            raise _invalid(text) from None
        if mode > 0o7777:
            raise _invalid(text)
        return lambda _: mode
    clauses = [_clause(clause, text) for clause in text.split(",")]

    def apply(mode: int) -> int:
        for who, masked, actions in clauses:
            for operator, letters in actions:
                mode = _applied(mode, who, masked, operator, letters)
        return stat.S_IMODE(mode)

    return apply


def _clause(clause: str, text: str) -> tuple[str, bool, list[tuple[str, str]]]:
    who = ""
    while clause and clause[0] in "ugoa":
        who, clause = who + clause[0], clause[1:]
    actions: list[tuple[str, str]] = []
    while clause:
        operator, clause = clause[0], clause[1:]
        letters = ""
        while clause and clause[0] in "rwxXstugo":
            letters, clause = letters + clause[0], clause[1:]
        if operator not in "+-=" or (set(letters) & set("ugo") and len(letters) > 1):
            raise _invalid(text)
        actions.append((operator, letters))
    if not actions:
        raise _invalid(text)
    return who or "a", not who, actions


def _applied(mode: int, who: str, masked: bool, operator: str, letters: str) -> int:
    reach = 0
    for one in who:
        reach |= _WHO[one]
    bits = _bits(mode, letters) & reach
    if masked:
        bits &= ~_UMASK
    if operator == "+":
        return mode | bits
    if operator == "-":
        return mode & ~bits
    if stat.S_ISDIR(mode):
        reach &= ~0o6000 | bits  # as GNU's: a directory's set-id bits go only when they are named
    return (mode & ~reach) | bits


def _bits(mode: int, letters: str) -> int:
    bits = 0
    for letter in letters:
        if letter in _SHIFT:
            bits |= (mode >> _SHIFT[letter] & 7) * 0o111
        elif letter == "X":
            bits |= 0o111 if stat.S_ISDIR(mode) or mode & 0o111 else 0
        else:
            bits |= {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}[letter]
    return bits


def _invalid(text: str) -> InvalidInput:
    return InvalidInput(
        f"invalid chmod parameter: {text!r}", resolution="write it like 755, 0644, u+x or u=rwX,go=rX"
    )
