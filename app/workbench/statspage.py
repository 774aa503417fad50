"""The Stats tab's picture: what one container used over the last minutes, a plot for each figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.units import human_memory
from app.workbench.figures import count, size
from app.workbench.plots import Values, area, highest, nice
from app.workbench.spans import Span, Spans, spread, width_of
from app.workbench.usage import Sample

WIDE = 96
"""From this width on, CPU and memory stand side by side."""
GUTTER = 8
"""Columns before a plot, for its scale."""
GAP = 2
_SMALL = (("cpu",), ("memory",), ("received", "sent"), ("read", "written"))
_LARGE = (("cpu", "memory"), ("received", "sent"), ("read", "written"))


class Plot(NamedTuple):
    """One figure over time."""

    title: str
    now: str
    more: str
    values: Values
    top: float
    scale: Callable[[float], str]
    role: str


def page(
    samples: Sequence[Sample], width: int, height: int, *, period: float, alive: bool, apology: str
) -> list[Spans]:
    """Draw the plots in so many cells; `apology` is said while there is nothing to draw."""
    if not samples:
        return [[Span(" "), Span(apology, "dim")]]
    grid = _LARGE if width >= WIDE else _SMALL
    rows, more = divmod(max(2 * len(grid), height - 1), len(grid))
    lines: list[Spans] = []
    for place, names in enumerate(grid):
        room = (width - 1 - GAP * (len(names) - 1)) // len(names)
        tall = rows + (place < more)
        blocks = [_block(_plot(name, samples, (room - GUTTER) * 2), room, tall) for name in names]
        for parts in zip(*blocks, strict=True):
            line: list[Span] = [Span(" ")]
            for part in parts:
                line += [*([Span(" " * GAP)] if len(line) > 1 else []), *part]
            lines.append(line)
    room = (width - 1 - GAP * (len(grid[0]) - 1)) // len(grid[0])
    lines.append(_foot(samples, (room - GUTTER) * 2, period, alive))
    return lines


def _plot(name: str, samples: Sequence[Sample], shown: int) -> Plot:
    window = list(samples)[-max(1, shown) :]
    now = samples[-1]
    if name == "cpu":
        cpu = [sample.usage.cpu for sample in window]
        peak = highest(cpu)
        # A share needs two samples.
        first = now.usage.cpu is None and now.usage.memory is not None and len(samples) == 1
        said = "…" if first else _percent(now.usage.cpu), f"peak {_percent(peak)}"
        return Plot("CPU", *said, cpu, nice(max(peak, 5)), _round_percent, "hue0")
    if name == "memory":
        memory = [sample.usage.memory for sample in window]
        top = nice(max(highest(memory), 1 << 20), 1024)
        return Plot("Memory", _bytes(now.usage.memory), _limit(now), memory, top, human_memory, "hue3")
    title, role = _RATES[name]
    rates: list[float | None] = [getattr(sample, name) for sample in window]
    total: int | None = getattr(now.usage, name)
    more = "" if total is None else f"{size(total)} in all"
    current = _rate(getattr(now, name)) if total is not None else "unknown"
    return Plot(title, current, more, rates, nice(max(highest(rates), 1000)), _rate, role)


_RATES = {
    "received": ("Net in", "hue2"),
    "sent": ("Net out", "hue4"),
    "read": ("Disk read", "hue5"),
    "written": ("Disk write", "hue1"),
}


def _block(plot: Plot, width: int, height: int) -> list[list[Span]]:
    head = [Span(plot.title, "strong"), Span(" "), Span(plot.now, plot.role)]
    fits = len(plot.more) < width - width_of(head)
    lines = [spread(head, [Span(plot.more if fits else plot.more.partition(" ")[0], "dim")], width)]
    drawn = area(plot.values, max(1, width - GUTTER), height - 1, plot.top)
    for place, text in enumerate(drawn):
        scale = plot.scale(plot.top) if not place else "0" if place == len(drawn) - 1 else ""
        lines.append([Span(f"{scale:>{GUTTER - 2}} ", "dim"), Span("▏", "rule"), Span(text, plot.role)])
    return lines


def _foot(samples: Sequence[Sample], shown: int, period: float, alive: bool) -> list[Span]:
    if not alive:
        return [Span(" "), Span("It does not run: these were its last figures.", "warn")]
    tasks = samples[-1].usage.tasks
    running = "" if tasks is None else f"{count(tasks, 'task')} · "
    minutes, seconds = divmod(int(shown * period), 60)
    said = f"{running}{period:.0f} s a dot · left edge {minutes} min {seconds} s ago"
    return [Span(" "), Span(said, "dim")]


def _limit(sample: Sample) -> str:
    used, limit = sample.usage.memory, sample.usage.limit
    if used is None or not limit:
        return ""
    return f"{100 * used / limit:.1f}% of {human_memory(limit)}"


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1f}%"


def _round_percent(share: float) -> str:
    return f"{share:.0f}%"


def _bytes(number: float | None) -> str:
    return "unknown" if number is None else human_memory(number)


def _rate(number: float | None) -> str:
    return "…" if number is None else f"{size(number)}/s"
