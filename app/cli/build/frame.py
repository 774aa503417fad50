"""What a build looks like at a moment, as lines of spans: one line a step, what runs below it, a total."""

from __future__ import annotations

from app.cli.build.board import OVER, Board, Step
from app.cli.build.figures import counted, seconds, transfer
from app.cli.build.palette import BAR_EMPTY, BAR_FULL, ROLES, SIGNS, SPINNER, Line, Span, cells, cut
from app.units import display_width, ellipsis, human_size, truncate_id

TAIL = 5
"""Lines of a running step's output that are shown."""
TIME = 7
"""Columns of the time."""
STAGE = 12
"""Columns of a stage's name, at most."""
LEAST_TEXT = 24
"""An instruction gets so many columns before the reason gets any beyond its own share."""
BAR = 20
FRAMES = 10
"""Pictures of the spinner in a second."""


def heading(board: Board, columns: int) -> Line:
    """Say what is built, before its steps."""
    plan = board.plan
    if plan is None:
        return ()
    parts = [counted(len(board.steps), "step")]
    if len(board.stages) > 1:
        parts.append(counted(len(board.stages), "stage"))
    if plan.context:
        parts.append(f"context {human_size(plan.context_size, 3)}")
    title = ", ".join(plan.tags) or plan.dockerfile or "Dockerfile"
    line = (Span(" building ", "dim"), Span(title, "strong"), *(Span(f" · {part}", "dim") for part in parts))
    return cut(line, columns)


def step_line(board: Board, step: Step, columns: int, now: float) -> Line:
    """Write the one line of a step, as wide as the terminal."""
    left = [Span(" "), _sign(step, now), Span(f" {_number(board, step)} ", "dim")]
    stage = _stage(board, step, columns)
    if stage:
        left.append(Span(f"{stage} ", "stage" if step.state != "waiting" else "dim"))
    right = _right(step, now)
    room = columns - cells(left)
    note = cut(right[:-1], max(room - TIME - LEAST_TEXT - 2, 0)) if columns >= 50 else ()
    ending = (*note, Span(" "), right[-1]) if note else right[-1:]
    text = _text(step, room - cells(ending) - 1)
    gap = room - cells(text) - cells(ending)
    return cut((*left, *text, Span(" " * max(gap, 1)), *ending), columns)


def _sign(step: Step, now: float) -> Span:
    if step.state == "running":
        return Span(SPINNER[int(now * FRAMES) % len(SPINNER)], ROLES["running"])
    return Span(SIGNS[step.state], ROLES.get(step.state, "dim"))


def _number(board: Board, step: Step) -> str:
    total = str(len(board.steps))
    return f"{step.number:>{len(total)}}/{total}"


def _stage(board: Board, step: Step, columns: int) -> str:
    """Give the stage in its column, or nothing where there is but one or no room."""
    if len(board.stages) < 2 or columns < 60:
        return ""
    width = min(max(map(display_width, board.stages)), STAGE)
    name = ellipsis(step.stage, width)
    return name + " " * (width - display_width(name))


def _text(step: Step, room: int) -> Line:
    """Shorten an instruction to one line, its name in bold."""
    text = " ".join(step.text.split())
    keyword, blank, rest = text.partition(" ")
    quiet = step.state in ("waiting", "skipped", "cancelled")
    return cut((Span(keyword, "dim" if quiet else "strong"), Span(blank + rest, "dim" if quiet else "plain")),
               max(room, 4))  # fmt: skip


def _right(step: Step, now: float) -> tuple[Span, ...]:
    """Say how it came to be, why, and how long it took; the time is last."""
    if step.state == "waiting":
        return (Span("", "dim"),)
    if step.state == "skipped":
        return Span("not reached", "dim"), Span(" " * TIME)
    if step.state == "cached":
        return Span("cached", "cached"), Span(" " * TIME)
    span = (now if step.state == "running" else step.ended) - step.started
    time = Span(f"{seconds(span):>{TIME}}", "dim")
    if step.state == "cancelled":
        return Span("cancelled", "dim"), time
    if step.state == "failed":
        return Span(f"exit code {step.code}" if step.code else "failed", "bad"), time
    if step.state == "running" and step.unit:
        return Span(transfer(step.current, step.total, step.unit), "dim"), time
    return Span("" if step.why == "cached" else step.why, "why"), time


def tail_lines(board: Board, step: Step, count: int, columns: int) -> list[Line]:
    """Write the last lines of a step's output, dimmed, below its own line."""
    indent = " " * (4 + len(_number(board, step)))
    return [cut((Span(f"{indent}│ ", "dim"), Span(text, "dim")), columns) for text in step.tail.last(count)]


def running_lines(board: Board, columns: int, rows: int, now: float) -> list[Line]:
    """Write what changes, on so many rows: the steps at work with what they print, and how far it all is."""
    running = [step for step in board.steps if step.state == "running"]
    room = max(rows - 2, 1)
    shown = running[: max(room // 2, 1)]
    lines: list[Line] = []
    share = min(TAIL, max(0, (room - len(shown)) // len(shown))) if shown else 0
    for step in shown:
        lines.append(step_line(board, step, columns, now))
        lines += tail_lines(board, step, share, columns)
    if len(running) > len(shown):
        lines.append((Span(f"   and {counted(len(running) - len(shown), 'step')} more at work", "dim"),))
    return [*lines, footer(board, columns, now)] if board.plan else lines


def footer(board: Board, columns: int, now: float) -> Line:
    """Say how far the build is."""
    done, total = board.count(*OVER), len(board.steps)
    width = min(BAR, max(columns - 36, 4))
    full = width * done // total if total else 0
    plan = board.plan
    parts = [f"{done}/{total}"]
    if board.count("cached"):
        parts.append(f"{board.count('cached')} cached")
    if plan is not None:
        parts.append(seconds(now - plan.time))
    line = (Span(" "), Span(BAR_FULL * full, "good"), Span(BAR_EMPTY * (width - full), "dim"),
            Span("  " + " · ".join(parts), "dim"))  # fmt: skip
    return cut(line, columns)


def total(board: Board, columns: int) -> list[Line]:
    """Close a build that went well: what was built, how much of it was cached, how long it took."""
    finished, plan = board.finished, board.plan
    if finished is None or plan is None:
        return []
    cached = board.count("cached")
    parts = [counted(len(board.steps), "step")]
    if board.all_cached:
        parts.append("all cached")
    elif cached:
        parts.append(f"{cached} cached")
    parts.append(seconds(finished.time - plan.time))
    if finished.image:
        parts.append(f"image {truncate_id(finished.image)}")
    line = (Span(f" {SIGNS['ran']} ", "title"), Span("built ", "title"), Span(" · ".join(parts), "plain"))
    lines: list[Line] = [cut(line, columns)]
    lines += [cut((Span("   tagged ", "dim"), Span(name, "strong")), columns) for name in board.tags]
    lines += [
        cut((Span(f"   {kind} written to ", "dim"), Span(place, "strong")), columns)
        for kind, place in board.exports
    ]
    return lines


def warnings(board: Board, columns: int) -> list[Line]:
    """Write what is odd but not wrong."""
    return [cut((Span(" ! ", "why"), Span(text)), columns) for text in board.warnings]
