"""The characters that stand for others: DEC's line drawing, and the British pound."""

from __future__ import annotations

from collections.abc import Mapping

_FROM = "_`abcdefghijklmnopqrstuvwxyz{|}~"
_TO = " ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"
LINES: Mapping[int, str] = {ord(letter): drawn for letter, drawn in zip(_FROM, _TO, strict=True)}
"""DEC special graphics (VT100 user guide, table 3-9)."""
BRITISH: Mapping[int, str] = {ord("#"): "£"}
DESIGNATED: Mapping[str, Mapping[int, str]] = {"0": LINES, "2": LINES, "A": BRITISH}
"""By the final character of `ESC (`; all others are plain."""
