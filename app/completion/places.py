"""Files of this machine as offers."""

from __future__ import annotations

import os
from collections.abc import Iterator

from app.completion.offers import Offer

MOST = 1000
"""Names of one directory that are looked at."""


def lead_of(word: str) -> str:
    """Return the directory that a path names so far, with its slash."""
    return word[: word.rfind("/") + 1]


def places(word: str) -> Iterator[Offer]:
    """List what the directory that is named so far holds; hidden names only where a dot begins the name."""
    lead = lead_of(word)
    hidden = word[len(lead) :].startswith(".")
    try:
        with os.scandir(os.path.expanduser(lead) or ".") as found:
            entries = [entry for entry, _ in zip(found, range(MOST), strict=False)]
    except OSError:
        return
    for entry in sorted(entries, key=lambda one: one.name):
        if hidden == entry.name.startswith("."):
            folder = _is_folder(entry)
            yield Offer(
                lead + entry.name + ("/" if folder else ""), "directory" if folder else "file", not folder
            )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
