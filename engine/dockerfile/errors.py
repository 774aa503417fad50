"""What is wrong with a Dockerfile: docker's sentence for it, its line, and that line as it stands there."""

from __future__ import annotations

from collections.abc import Sequence

from engine.dockerfile.instructions import Span
from engine.errors import InvalidInput

_AROUND = 1
_MOST = 8
_WIDEST = 160


class Fault(Exception):
    """Something is wrong, and whoever catches this knows the lines it stands on."""


class DockerfileError(InvalidInput):
    """A Dockerfile cannot be understood; `line` counts from 1, and is 0 where no line is to blame."""

    def __init__(
        self, brief: str, *, line: int, details: str | None = None, resolution: str | None = None
    ) -> None:
        super().__init__(shown(brief), details=details, resolution=resolution)
        self.line = line

    def __str__(self) -> str:
        return "\n".join(part for part in (self.brief, self.details) if part)


def located(fault: Fault, span: Span, lines: Sequence[str]) -> DockerfileError:
    """Make the error of a fault that stands on some of the lines of a text."""
    brief = f"dockerfile parse error on line {span.start}: {fault}"
    return DockerfileError(brief, line=span.start, details=excerpt(lines, span))


def excerpt(lines: Sequence[str], span: Span) -> str:
    """Show the lines of a span, marked, between their neighbours; the middle of a long span is left out."""
    first = max(span.start - _AROUND, 1)
    last = min(span.end + _AROUND, len(lines))
    width = len(str(last))
    rows = []
    for number in range(first, last + 1):
        mark = ">" if span.start <= number <= span.end else " "
        rows.append(f"{mark} {number:>{width}} | {_cut(lines[number - 1])}".rstrip())
    if len(rows) > _MOST:
        rows[_MOST // 2 : -_MOST // 2] = [f"  {'':>{width}} …"]
    return "\n".join(rows)


def _cut(line: str) -> str:
    line = shown(line.rstrip("\r").expandtabs())
    return line if len(line) <= _WIDEST else line[: _WIDEST - 1] + "…"


def quoted(text: str) -> str:
    """Put a word between quotes as docker's sentences do."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shown(text: str) -> str:
    """Make a text fit to be shown: nothing in it steers a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
