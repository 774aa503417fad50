"""The hidden verb `__complete`: offers for a shell, in the lines that docker's own scripts understand."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from app.completion.offers import Ask

NO_SPACE, NO_FILES = 2, 4
"""Bits of the last line, as in cobra's completion protocol."""


def answer(ask: Ask, words: Sequence[str]) -> int:
    """Print `WORD<tab>ABOUT` for all that begins as the last word does, and a line of directives."""
    word = words[-1] if words else ""
    offers = ask(words or [""])
    fitting = [offer for offer in offers.words if offer.text.startswith(word)]
    lines = [f"{offer.text}\t{offer.about}" if offer.about else offer.text for offer in fitting]
    directive = (NO_SPACE if any(not offer.whole for offer in fitting) else 0) | (
        0 if offers.files else NO_FILES
    )
    sys.stdout.write("\n".join((*lines, f":{directive}")) + "\n")
    return 0
