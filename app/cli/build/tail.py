"""The last lines of what a program printed, as a person would see them."""

from __future__ import annotations

import re

KEPT = 24
"""Lines that are remembered of each step."""
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
"""Control sequences, strings and plain escapes (ECMA-48)."""
_CONTROLS = {code: None for code in (*range(0x20), 0x7F) if code != 0x09}


class Tail:
    """Takes pieces of text and keeps the last lines of them, the unfinished one among them."""

    __slots__ = ("_lines", "_open", "count")

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open = ""
        self.count = 0
        """All lines there were."""

    def feed(self, text: str) -> None:
        """Take a piece of output."""
        first, *rest = text.split("\n")
        # A line without an end grows for ever where a program draws a bar.
        self._open = (self._open + first)[-4096:]
        for piece in rest:
            self._lines.append(self._open)
            self.count += 1
            self._open = piece[-4096:]
        if len(self._lines) > KEPT:
            del self._lines[:-KEPT]

    def last(self, count: int) -> list[str]:
        """Give the last lines, without escapes, and with what a carriage return wrote over."""
        lines = [*self._lines, self._open] if self._open else self._lines
        return [shown(line) for line in lines[-count:]] if count > 0 else []


def shown(line: str) -> str:
    """Give what a terminal would still show of one line."""
    line = line.rstrip("\r")
    if "\r" in line:
        line = line.rpartition("\r")[2]
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    line = line.translate(_CONTROLS).expandtabs(8)
    # What is no UTF-8 would not get through to the terminal as one column.
    return line.encode("utf-8", "replace").decode() if not line.isascii() else line
