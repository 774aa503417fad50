"""The Dockerfile tab: the text that was built, each step's state beside it, the failing line marked."""

from __future__ import annotations

from app.workbench.progress import Progress, StepState
from app.workbench.spans import Span, plain, wrap
from app.workbench.steps import MARKS
from app.workbench.tabs.text import Lay

TAB = 8


def failing_line(progress: Progress) -> int:
    """Find the first line that is to blame, counted from 1; 0 if none is."""
    failed = [step.line for step in progress.steps if step.state == "failed" and step.line]
    return failed[0] if failed else progress.line


def lay(text: str, progress: Progress) -> Lay:
    """Lay the Dockerfile out; why it failed stands below the failing instruction."""
    first = {step.line: step for step in progress.steps if step.line}
    within = {
        number: step for step in progress.steps if step.line for number in range(step.line, step.end + 1)
    }
    wrong = failing_line(progress)
    last = within[wrong].end if wrong in within else wrong

    def lines(width: int) -> list[list[Span]]:
        if not text:
            return [[Span(" No Dockerfile was kept.", "dim")]]
        found: list[list[Span]] = []
        rows = text.split("\n")
        rows = rows[:-1] if rows and not rows[-1] else rows
        digits = max(2, len(str(len(rows))))
        for number, row in enumerate(rows, 1):
            bad = wrong and wrong <= number <= max(last, wrong)
            mark = Span("▶", "bad") if number == wrong else _mark(first.get(number))
            role = "bad" if bad else "plain" if number in within else "dim"
            gutter = [Span(" "), mark, Span(f" {number:>{digits}} ", "dim"), Span("│ ", "rule")]
            found.append([*gutter, *_coloured(row.expandtabs(TAB), role, number in first)])
            if bad and number == last:
                found += _why(_message(progress), digits, width)
        return found

    return lines


def _mark(step: StepState | None) -> Span:
    return MARKS[step.state] if step else Span(" ")


def _message(progress: Progress) -> str:
    failed = [step.message for step in progress.steps if step.state == "failed"]
    return failed[0] if failed else progress.message


def _why(message: str, digits: int, width: int) -> list[list[Span]]:
    indent = " " * (digits + 4)
    return [
        [Span(indent), Span("╰ " if n == 0 else "  ", "bad"), Span(part, "bad")]
        for n, part in enumerate(wrap(message, max(16, width - len(indent) - 3)))
    ]


def _coloured(row: str, role: str, first: bool) -> list[Span]:
    row = plain(row)
    if not first or role == "bad":
        return [Span(row, role)]
    indent = len(row) - len(row.lstrip())
    word, space, rest = row[indent:].partition(" ")
    return [Span(row[:indent]), Span(word, "key strong"), Span(space + rest)]
