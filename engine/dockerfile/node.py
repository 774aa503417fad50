"""The tree of a Dockerfile: its instructions parted into words, not yet understood."""

from typing import NamedTuple

from engine.dockerfile.instructions import Heredoc, Span


class Node(NamedTuple):
    """One instruction."""

    name: str
    """As written."""
    words: tuple[str, ...]
    """As the instruction parts them: ENV and LABEL have name, value and `=` (empty in the old form) in turn;
    an instruction nobody knows has one empty word."""
    json: bool
    """The words were written as a JSON list."""
    flags: tuple[str, ...]
    heredocs: tuple[Heredoc, ...]
    """As written: leading tabs are still there."""
    text: str
    """The whole instruction, continued lines joined and comments gone, without heredocs."""
    span: Span
    comments: tuple[str, ...] = ()
    """The comments right above."""
    trigger: "Node | None" = None
    """ONBUILD's instruction."""


def upper(name: str) -> str:
    """Write an instruction's name large; other alphabets' letters that Python would make ASCII's stay."""
    return name.upper() if name.isascii() else name


class Warned(NamedTuple):
    """Something that is allowed today, and the line it was found on."""

    text: str
    line: int


class Tree(NamedTuple):
    """A whole Dockerfile."""

    nodes: tuple[Node, ...]
    escape: str
    syntax: str
    check: str
    warnings: tuple[Warned, ...]
    lines: tuple[str, ...]
    """The text itself."""
