"""What can stand in a place of a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Offer(NamedTuple):
    """A word that can stand there."""

    text: str
    about: str = ""
    """What it does, or is."""
    whole: bool = True
    """Whether the word is complete with it; a directory or `NAME:` goes on."""


class Offers(NamedTuple):
    """All words that can stand there."""

    words: tuple[Offer, ...] = ()
    lead: str = ""
    """What the words begin with that is not part of the choice: `--network=`, or a directory."""
    files: bool = False
    """Whether a file of this machine can stand there as well."""


Ask = Callable[[Sequence[str]], Offers]
"""Tell what can stand in place of the last of these words, which may be empty; may block, never raises."""
