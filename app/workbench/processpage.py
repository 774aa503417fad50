"""The Processes tab's lines: a container's processes as a tree, or in the order of a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.units import human_memory
from app.workbench.figures import short_age
from app.workbench.spans import Span, plain
from app.workbench.usage import Process

ORDERS = ("tree", "cpu", "memory", "age")
WIDE = 80


class Line(NamedTuple):
    """One process, and how it stands below its parent."""

    process: Process
    branch: str = ""
    share: float | None = None
    """Percent of one processor since the reading before."""


def lines(processes: Sequence[Process], order: str, shares: Mapping[int, float]) -> list[Line]:
    """Order the processes: children below their parents, or the greatest first."""
    if order == "tree":
        return _tree(processes, shares)
    figure = {
        "cpu": lambda one: (-shares.get(one.pid, 0.0), -one.cpu, one.pid),
        "memory": lambda one: (-one.memory, one.pid),
        "age": lambda one: (one.began, one.pid),
    }[order]
    return [Line(one, "", shares.get(one.pid)) for one in sorted(processes, key=figure)]


def _tree(processes: Sequence[Process], shares: Mapping[int, float]) -> list[Line]:
    pids = {one.pid for one in processes}
    children: dict[int, list[Process]] = {}
    for one in processes:
        children.setdefault(one.parent if one.parent in pids else 0, []).append(one)
    found: list[Line] = []
    # Each with what stands before it and before its children; a stack, as trees may be deep.
    waiting = [(one, "", "") for one in reversed(children.get(0, []))]
    while waiting:
        one, branch, indent = waiting.pop()
        found.append(Line(one, branch, shares.get(one.pid)))
        below = children.get(one.pid, [])
        for child in reversed(below):
            last = child is below[-1]
            waiting.append((child, indent + ("└ " if last else "├ "), indent + ("  " if last else "│ ")))
    return found


class _Column(NamedTuple):
    title: str
    width: int
    order: str = ""
    wide: bool = False


_COLUMNS = (
    _Column("PID", 6, "tree"),
    _Column("HOST", 8, wide=True),
    _Column("USER", 9, wide=True),
    _Column("S", 2, wide=True),
    _Column("CPU%", 6, "cpu"),
    _Column("MEM", 9, "memory"),
    _Column("TIME", 8, wide=True),
    _Column("AGE", 5, "age"),
)
_LEFT = frozenset(("USER", "S"))


def heading(width: int, order: str) -> list[Span]:
    """Head the columns; the one that orders them is bright."""
    spans = [Span(" ")]
    for column in _columns(width):
        text = _cell(column, column.title)
        spans.append(Span(text, "accent strong" if column.order == order else "dim"))
    return [*spans, Span("  COMMAND", "dim")]


def row(line: Line, width: int, now: float) -> list[Span]:
    """Lay one process out."""
    one = line.process
    values = {
        "PID": str(one.inner),
        "HOST": str(one.pid),
        "USER": plain(one.user)[:8],
        "S": one.state,
        "CPU%": "…" if line.share is None else f"{line.share:.1f}",
        "MEM": human_memory(one.memory),
        "TIME": f"{int(one.cpu) // 60}:{one.cpu % 60:04.1f}",
        "AGE": short_age(now - one.began),
    }
    spans = [Span(_cell(column, values[column.title]), _role(column, line)) for column in _columns(width)]
    command = Span(plain(one.command), "dim" if one.state == "Z" else "plain")
    return [*spans, Span("  "), Span(line.branch, "rule"), command]


def _role(column: _Column, line: Line) -> str:
    if column.title == "CPU%" and (line.share or 0) >= 50:
        return "warn"
    return "plain" if column.title in ("PID", "CPU%", "MEM") else "dim"


def _columns(width: int) -> list[_Column]:
    return [column for column in _COLUMNS if width >= WIDE or not column.wide]


def _cell(column: _Column, text: str) -> str:
    return f" {text:<{column.width - 1}}" if column.title in _LEFT else f"{text:>{column.width}}"
