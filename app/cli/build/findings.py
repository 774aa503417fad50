"""`build --check`: the findings in BuildKit's form, each with its page and its lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.cli.console import say, warn

if TYPE_CHECKING:
    from engine.build.request import Request
    from engine.dockerfile.instructions import Span
    from engine.dockerfile.rules import Finding
    from engine.engine import Engine

FRAME = "-" * 20
AROUND = 4
"""Lines shown beside one line to blame; beside several, half as many."""


def check(engine: Engine, request: Request) -> int:
    """Check a Dockerfile, print what was found, and return 1 if that is anything."""
    done = engine.builds.check(request)
    text = done.text.decode(errors="replace").split("\n")
    say(f"Check complete, {counted(len(done.verdict.findings))}")
    for finding in done.verdict.findings:
        say(written(finding, done.dockerfile or "Dockerfile", text))
    if done.verdict.error:
        warn(f"Error: {done.verdict.error}")
    return 1 if done.verdict.findings else 0


def written(finding: Finding, name: str, text: Sequence[str]) -> str:
    """Write one finding below an empty line."""
    lines = ["", f"WARNING: {finding.rule} - {finding.url}", finding.text, *excerpt(finding.span, name, text)]
    return "\n".join(lines)


def counted(findings: int) -> str:
    """Say how many there are."""
    if findings == 1:
        return "1 warning has been found!"
    return f"{findings} warnings have been found!" if findings else "no warnings found."


def excerpt(span: Span, name: str, text: Sequence[str]) -> list[str]:
    """Show the lines of a span, marked, with their neighbours; nothing if there are no such lines."""
    start, end = span.start, min(span.end, len(text))
    if not 1 <= start <= len(text):
        return []
    first, last = _widened(start, end, len(text))
    rows = [
        f" {number:>3} | {'>>>' if start <= number <= end else '   '} {text[number - 1]}"
        for number in range(first, last + 1)
    ]
    return [f"{name}:{start}", FRAME, *rows, FRAME]


def _widened(first: int, last: int, count: int) -> tuple[int, int]:
    """Add neighbours in turn, above and below, until there are enough of them."""
    wanted, added = (AROUND if first == last else AROUND // 2), 0
    while added < wanted:
        if first > 1:
            first, added = first - 1, added + 1
        if last < count:
            last, added = last + 1, added + 1
        added += 1
    return first, last
