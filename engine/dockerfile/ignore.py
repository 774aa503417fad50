""".dockerignore: what of the context a build does not see.

Follows https://docs.docker.com/reference/dockerfile/#dockerignore-file.
"""

from __future__ import annotations

from engine.dockerfile.patterns import Patterns, clean
from engine.errors import InvalidInput


class Ignore(Patterns):
    """The patterns of a .dockerignore; raises InvalidInput with docker's sentence."""

    def __init__(self, text: bytes | str = b"") -> None:
        if isinstance(text, bytes):
            text = text.decode("utf-8", "surrogateescape")
        try:
            super().__init__(lines(text))
        except InvalidInput as error:
            raise InvalidInput(f"error checking context: {error.brief}", details=error.details) from None


def lines(text: str) -> list[str]:
    """Return the patterns of a file: no comments, no blank lines, nothing absolute."""
    found = []
    for line in text.removeprefix("\ufeff").split("\n"):
        # A comment starts in the first column; behind a blank, `#` is a letter.
        pattern = "" if line.startswith("#") else line.strip()
        if not pattern:
            continue
        keeps = pattern.startswith("!")
        pattern = pattern[keeps:].strip()
        if pattern:
            pattern = clean(pattern)
            pattern = pattern[1:] if len(pattern) > 1 and pattern.startswith("/") else pattern
        found.append("!" * keeps + pattern)
    return found
