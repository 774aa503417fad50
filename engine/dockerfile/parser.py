"""Text to tree: lines joined, comments and directives taken out, heredocs collected.

Follows https://docs.docker.com/reference/dockerfile/#format and, where that is silent, what BuildKit does.
"""

from __future__ import annotations

from engine.dockerfile import arguments, flags
from engine.dockerfile.blanks import BLANKS, GAP
from engine.dockerfile.directives import Directives
from engine.dockerfile.errors import DockerfileError, Fault, located
from engine.dockerfile.instructions import Heredoc, Span
from engine.dockerfile.node import Node, Tree, Warned, upper

_MARK = b"\xef\xbb\xbf"
_LOST = "\ufffd"
_DEEPEST = 8
_WITH_HEREDOCS = ("RUN", "COPY", "ADD")


def parse(text: bytes) -> Tree:
    """Part a Dockerfile into instructions and their words; raises DockerfileError."""
    return parse_lines(text.removeprefix(_MARK).decode(errors="replace"))


def parse_lines(text: str) -> Tree:
    """Parse text that is decoded already; raises DockerfileError."""
    lines = text.split("\n")
    if not lines[-1]:
        del lines[-1]
    return _Reading(lines).tree()


class _Reading:
    """One text being read, line by line."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._directives = Directives()
        self._comments: list[str] = []
        self._warnings: list[Warned] = []

    def tree(self) -> Tree:
        """Read everything."""
        nodes = []
        while self._at < len(self._lines):
            start = self._at + 1
            try:
                if node := self._node(start):
                    nodes.append(node)
            except Fault as fault:
                raise located(fault, Span(start, self._at), self._lines) from None
        if not nodes:
            raise DockerfileError("failed to parse Dockerfile: file with no instructions", line=0)
        self._look_for_losses()
        directives = self._directives
        return Tree(
            tuple(nodes),
            directives.escape,
            directives.values.get("syntax", ""),
            directives.values.get("check", ""),
            tuple(self._warnings),
            tuple(self._lines),
        )

    def _node(self, start: int) -> Node | None:
        """Read one instruction with all its lines, or one line that holds none."""
        line, open_ = self._first()
        if not line and not open_:
            return None
        text = self._joined(line) if open_ else line
        node = _understood(text, self._directives.escape, start)
        heredocs = self._documents(text) if "<<" in text and _may_announce(node) else ()
        comments, self._comments = tuple(self._comments), []
        return node._replace(heredocs=heredocs, span=Span(start, self._at), comments=comments)

    def _first(self) -> tuple[str, bool]:
        """Read the next line; say whether another one continues it."""
        line = self._lines[self._at].rstrip("\r").lstrip(BLANKS)
        self._at += 1
        directive = self._directives.take(line)
        if not line.startswith("#"):
            return self._continued(line)
        comment = line[1:].strip(BLANKS)
        if not comment:
            self._comments.clear()
        elif not directive:
            self._comments.append(comment)
        return "", False

    def _joined(self, line: str) -> str:
        """Append the lines that continue a line: as they are, but for comments and empty ones."""
        parts, open_, empty = [line], True, False
        while open_ and self._at < len(self._lines):
            line = self._lines[self._at].rstrip("\r")
            self._at += 1
            bare = line.lstrip(BLANKS)
            if bare.startswith("#"):
                continue
            if not bare:
                empty = True
                continue
            line, open_ = self._continued(line)
            parts.append(line)
        text = "".join(parts)
        if empty:
            self._warnings.append(Warned(f"Empty continuation line found in: {text}", self._at))
        return text

    def _continued(self, line: str) -> tuple[str, bool]:
        """Take the escape at a line's end away, if there is one and no other one right before it."""
        bare = line.rstrip(" \t")
        escape = self._directives.escape
        if bare.endswith(escape) and not bare.endswith(escape * 2):
            return bare[:-1], True
        return line, False

    def _documents(self, text: str) -> tuple[Heredoc, ...]:
        from engine.dockerfile.heredocs import announced

        return tuple(map(self._document, announced(text)))

    def _document(self, heredoc: Heredoc) -> Heredoc:
        """Read the lines of a heredoc; raises Fault if its end is missing."""
        start = self._at
        while self._at < len(self._lines):
            end = self._lines[self._at].rstrip("\r")
            self._at += 1
            if (end.lstrip("\t") if heredoc.strip_tabs else end) == heredoc.name:
                content = self._lines[start : self._at - 1]
                return heredoc._replace(content="".join(line + "\n" for line in content))
        self._at = start
        raise Fault(f"unterminated heredoc: no line says {heredoc.name}")

    def _look_for_losses(self) -> None:
        for number, line in enumerate(self._lines, 1):
            if _LOST in line:
                told = f"Bytes that are no UTF-8 were replaced on line {number}"
                self._warnings.append(Warned(told, number))


def _understood(text: str, escape: str, line: int, depth: int = 0) -> Node:
    """Part an instruction into its name, its flags and its words."""
    name, *rest = GAP.split(text.strip(BLANKS), maxsplit=1)
    given, behind = flags.part(rest[0]) if rest else ((), "")
    behind = behind.strip(BLANKS)
    span = Span(line, line)
    keyword = upper(name)
    if keyword == "ONBUILD":
        if depth > _DEEPEST:
            raise Fault("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
        trigger = _understood(behind, escape, line, depth + 1) if behind else None
        return Node(name, (), False, given, (), text, span, trigger=trigger)
    words, json = arguments.SHAPES.get(keyword, arguments.unknown)(behind, escape)
    return Node(name, words, json, given, (), text, span)


def _may_announce(node: Node) -> bool:
    # BuildKit looks one level down: what ONBUILD ONBUILD holds is refused anyway.
    inner = node.trigger or node
    return upper(inner.name) in _WITH_HEREDOCS and not inner.json
