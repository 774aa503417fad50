"""How many cells a character takes, as those count who draw it in the end."""

from __future__ import annotations

from rich.cells import get_character_cell_size

NARROW = "\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u2500-\u25fc\u2800-\u28ff"
"""For a character class: what takes one cell for certain."""
width_of = get_character_cell_size
"""Counts the cells of one character: 0, 1 or 2."""
