"""How a failed build is told on a terminal: the lines to blame, the program's last words, what to do next."""

from __future__ import annotations

from app.cli.build.board import BEGINNINGS, Board, Step
from app.cli.build.figures import seconds
from app.cli.build.palette import SIGNS, Line, Span, cut

AROUND = 2
"""Lines of the Dockerfile shown above and below those to blame."""
BLAMED = 8
"""Lines to blame that are shown of one long instruction."""
LAST = 20
"""Lines of the program's output that are shown."""


def failure(board: Board, dockerfile: str, columns: int, *, hint: bool = True) -> list[Line]:
    """Tell it, below the steps; `hint` names the flag that opens a shell."""
    failed = board.failure
    if failed is None:
        return []
    if failed.cancelled:
        return [cut((Span(f" {SIGNS['cancelled']} ", "dim"), Span(failed.message, "strong")), columns)]
    step = board.failed
    lines: list[Line] = []
    # A sentence of several lines shows the lines to blame itself.
    if board.plan and failed.line and "\n" not in failed.message:
        first, last = _blamed(board, failed.line)
        lines += excerpt(dockerfile, board.plan.dockerfile, first, last, columns)
    if step is not None:
        lines += _last_words(step, columns)
    return [*lines, *_sentence(failed.message, columns), *_closing(board, step, columns, hint)]


def _blamed(board: Board, line: int) -> tuple[int, int]:
    """Widen the line to those of its whole instruction."""
    for step in board.plan.steps if board.plan else ():
        if step.line and step.line <= line <= step.end:
            return step.line, step.end
    return line, line


def excerpt(dockerfile: str, name: str, first: int, last: int, columns: int) -> list[Line]:
    """Show the lines `first` to `last`, marked, with their neighbours; nothing if there are no such lines."""
    text = dockerfile.splitlines()
    if not 1 <= first <= len(text):
        return []
    last = min(last, len(text))
    digits = len(str(min(last + AROUND, len(text))))
    lines: list[Line] = [(), cut((Span("   "), Span(f"{name or 'Dockerfile'}:{first}", "strong")), columns)]
    for number in range(max(first - AROUND, 1), min(last + AROUND, len(text)) + 1):
        if first + BLAMED <= number < last:
            if number == first + BLAMED:
                lines.append((Span(f"     {'⋮':>{digits}}", "dim"),))
            continue
        blamed = first <= number <= last
        row = Span(text[number - 1].expandtabs(4), "plain" if blamed else "dim")
        mark = Span(" ▶ " if blamed else "   ", "bad")
        lines.append(cut((mark, Span(f"  {number:>{digits}} │ ", "bad" if blamed else "dim"), row), columns))
    return lines


def _last_words(step: Step, columns: int) -> list[Line]:
    words = step.tail.last(LAST)
    if not words:
        return []
    more = step.tail.count > len(words)
    title = f"the last {len(words)} lines it printed" if more else "what it printed"
    return [(), (Span("   "), Span(title, "strong")),
            *(cut((Span("   │ ", "bad"), Span(text)), columns) for text in words)]  # fmt: skip


def _sentence(message: str, columns: int) -> list[Line]:
    """Wrap the message, which nothing of may be lost; what stands below its first line is shown as it is."""
    from textwrap import wrap

    first, _, below = message.partition("\n")
    head, *rest = wrap(first, max(columns - 3, 20), break_on_hyphens=False) or [""]
    lines: list[Line] = [(), (Span(f" {SIGNS['failed']} ", "alarm"), Span(head, "alarm"))]
    lines += [(Span(f"   {piece}", "alarm"),) for piece in rest]
    return [*lines, *((Span(f"   {line}"),) for line in below.splitlines())]


def _closing(board: Board, step: Step | None, columns: int, hint: bool) -> list[Line]:
    """Say where it ended, after how long, and what to do next."""
    failed, plan = board.failure, board.plan
    if failed is None or plan is None:
        return []
    parts = []
    if step is not None:
        parts.append(f"failed at step {step.number} of {len(board.steps)}")
    if step is not None and step.code:
        parts.append(f"exit code {step.code}")
    if board.count("cached"):
        parts.append(f"{board.count('cached')} cached")
    parts.append(seconds(failed.time - plan.time))
    lines: list[Line] = [cut((Span("   " + " · ".join(parts), "dim"),), columns)]
    if hint and step is not None and step.keyword not in BEGINNINGS:
        lines.append(
            cut((Span("   to look around right before that step, build with ", "dim"),
                 Span("--debug-shell", "strong")), columns)
        )  # fmt: skip
    return lines
