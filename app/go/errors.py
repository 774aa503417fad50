"""The two ways a template fails, in docker's words."""

from __future__ import annotations

from engine.errors import InvalidInput


class Unparsable(InvalidInput):
    """The text is no template."""

    def __init__(self, words: str, line: int) -> None:
        super().__init__(f"template parsing error: template: :{line}: {words}")


class Failed(InvalidInput):
    """The template does not fit the value."""

    def __init__(self, words: str, text: str, offset: int, context: str) -> None:
        before = text[:offset]
        line, column = before.count("\n") + 1, len(before[before.rfind("\n") + 1 :].encode(errors="replace"))
        place = f'template: :{line}:{column}: executing "" at <{context}>'
        super().__init__(f"template parsing error: {place}: {words}")


class Misused(Exception):
    """A function was given what it cannot take; the evaluation says which and where."""
