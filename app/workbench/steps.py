"""The picture of a build: its steps by stage, what became of each, and when it ran as a bar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len

from app.workbench.figures import count, short_id, size
from app.workbench.progress import Progress, Stage, StepState
from app.workbench.spans import Span, cut, spread, width_of, wrap

MARKS = {
    "waiting": Span("◌", "dim"), "running": Span("●", "accent"), "cached": Span("≡", "dim"),
    "ran": Span("✓", "good"), "failed": Span("✕", "bad"), "stopped": Span("‖", "warn"),
    "skipped": Span("–", "dim"),
}  # fmt: skip
"""States told apart by shape before colour."""
WIDE = 84
"""From this width on, a step's line has room for why it ran."""
TIME = 7
SCALES = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
"""Seconds the bars of a running build stand for: a scale that seldom changes."""
BARS = {"running": "accent", "failed": "bad", "stopped": "warn", "cached": "dim"}


HALVES = {(True, True): "━", (True, False): "╸", (False, True): "╺", (False, False): " "}


class Drawn(NamedTuple):
    """Lines, and to which step's place each belongs (-1: to none)."""

    lines: list[list[Span]]
    owners: list[int]


class Chart(NamedTuple):
    """Where the bars begin, and what their width stands for."""

    started: float
    seconds: float
    width: int
    now: float

    def bar(self, step: StepState) -> str:
        """Draw when a step ran, to half a cell at both ends."""
        if not step.started or self.seconds <= 0:
            return ""
        halves = 2 * self.width / self.seconds
        lead = max(0, min(round((step.started - self.started) * halves), 2 * self.width - 1))
        end = round((step.started - self.started + step.seconds(self.now)) * halves)
        end = max(lead + 1, min(end, 2 * self.width))
        cells = ((lead <= 2 * cell < end, lead <= 2 * cell + 1 < end) for cell in range((end + 1) // 2))
        return "".join(HALVES[cell] for cell in cells)


def told_time(seconds: float) -> str:
    """Write how long something took in at most six characters."""
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"


def scale(progress: Progress, now: float) -> float:
    """Choose how many seconds the bars stand for."""
    if progress.over:
        return max(0.05, progress.ended - progress.started)
    elapsed = now - progress.started
    return float(next((one for one in SCALES if one >= elapsed), elapsed))


def draw(progress: Progress, now: float, width: int, height: int) -> Drawn:
    """Draw all steps; in a narrow place each has a second line for its bar if all of them fit."""
    titled = len(progress.stages) > 1
    lines = len(progress.steps) * 2 + (len(progress.stages) if titled else 0)
    painter = _Painter(progress, now, max(24, width), tall=width < WIDE and lines <= height)
    for stage in progress.stages:
        if titled:
            painter.title(stage)
        for place in stage.steps:
            painter.step(place, last=place == stage.steps[-1], titled=titled)
    return painter.drawn


class _Painter:
    def __init__(self, progress: Progress, now: float, width: int, *, tall: bool) -> None:
        self.progress, self.now, self.width, self.tall = progress, now, width, tall
        room = width // 3 if width >= WIDE else 9 if not tall else min(20, width // 3)
        self.chart = Chart(progress.started, scale(progress, now), room, now)
        self.digits = len(str(len(progress.steps)))
        self.drawn = Drawn([], [])

    def _add(self, place: int, spans: list[Span]) -> None:
        self.drawn.lines.append(spans)
        self.drawn.owners.append(place)

    def title(self, stage: Stage) -> None:
        """Name a stage and tell how long it took."""
        steps = [self.progress.steps[place] for place in stage.steps]
        name = f"stage {stage.name}" if stage.name else "before the first stage"
        begun = [step.started for step in steps if step.started]
        ends = [step.ended for step in steps if step.ended]
        running = any(step.state == "running" for step in steps)
        took = (self.now if running else max(ends, default=0)) - min(begun) if begun else 0
        right = [Span(f"{told_time(took):>{TIME}}", "dim")] if took >= 0.05 else []
        self._add(-1, spread([Span(f" {name}", "strong")], right, self.width))

    def step(self, place: int, *, last: bool, titled: bool) -> None:
        """Draw one step."""
        step = self.progress.steps[place]
        tree = (" └ " if last else " ├ ") if titled else " "
        head = [
            Span(tree, "rule"),
            MARKS[step.state],
            Span(f" {step.number:>{self.digits}} ", "dim"),
        ]
        word, _, rest = step.text.partition(" ")
        role = "dim" if step.state in ("waiting", "skipped", "cached") else "plain"
        text = [Span(word, f"{role} strong" if role != "plain" else "strong"), Span(f" {rest}", role)]
        time = [Span(f"{_time(step, self.now):>{TIME}}", "accent" if step.state == "running" else "dim")]
        if self.width >= WIDE:
            self._add(place, self._wide(step, [*head, *text], time))
            return
        if not self.tall:
            right = [*self._bar(step), *time]
            self._add(place, spread([*head, *text], right, self.width))
            return
        self._add(place, spread([*head, *text], time, self.width))
        stem = Span(" │ " if titled and not last else " " * len(tree), "rule")
        indent = [stem, Span(" " * (width_of(head) - len(tree)))]
        under = [*indent, Span(_reason(step), "dim")]
        self._add(place, spread(under, self._bar(step), self.width))

    def _wide(self, step: StepState, left: list[Span], time: list[Span]) -> list[Span]:
        room = self.width - self.chart.width - TIME - 1
        why = [Span(f"{cut(_reason(step), room // 2 - 4)} ", "dim")]
        return [*spread(left, why, room, gap=2), Span(" "), *self._bar(step), *time]

    def _bar(self, step: StepState) -> list[Span]:
        drawn = self.chart.bar(step)
        bar = drawn.lstrip()
        role = BARS.get(step.state, "hue0")
        return [
            Span(" " * (len(drawn) - len(bar))),
            Span(bar, role),
            Span(" " * (self.chart.width - len(drawn))),
        ]


def _time(step: StepState, now: float) -> str:
    if step.state in ("waiting", "skipped"):
        return ""
    return "cached" if step.state == "cached" else told_time(step.seconds(now))


def _reason(step: StepState) -> str:
    """Say in a few words why a step ran, or how far it is."""
    if step.state == "running" and step.transfer:
        return step.transfer
    if step.state == "failed" and step.code:
        return f"exit code {step.code}"
    return {"stopped": "stopped", "skipped": "not reached"}.get(step.state, step.why)


def about(progress: Progress, place: int, now: float, width: int) -> Iterator[list[Span]]:
    """Tell all of one step: its words, what became of it, and why."""
    step = progress.steps[place]
    for text in wrap(step.text, max(8, width - 1))[:4]:
        yield [Span(f" {text}", "strong")]
    facts = list(filter(None, _facts(step, now)))
    for text in wrap(" · ".join(facts), max(8, width - 1)):
        yield [Span(f" {text}", "dim")]
    for text in wrap(step.message, max(8, width - 1))[:4] if step.message else ():
        yield [Span(f" {text}", "bad")]


def _facts(step: StepState, now: float) -> Iterator[str]:
    if step.state == "cached":
        yield "taken from the cache"
    elif step.state == "ran":
        yield f"ran {told_time(step.seconds(now))}" + (f", because: {step.why}" if step.why else "")
    elif step.state == "running":
        yield "runs" + (f", because: {step.why}" if step.why else "")
        yield step.transfer
    else:
        yield {"failed": "failed", "stopped": "stopped", "skipped": "not reached"}.get(step.state, "waits")
        yield step.why
    yield size(step.size) if step.size else ""
    yield f"image {short_id(step.image)}" if step.image else ""
    if step.line:
        yield f"line {step.line}" if step.end <= step.line else f"lines {step.line}–{step.end}"


def summary(progress: Progress, now: float) -> str:
    """Say in one line how a build stands."""
    done = sum(step.state in ("cached", "ran") for step in progress.steps)
    cached = sum(step.state == "cached" for step in progress.steps)
    took = told_time((progress.ended or now) - progress.started) if progress.started else ""
    parts = [f"{done} of {count(len(progress.steps), 'step')}", f"{cached} cached" if cached else "", took]
    return " · ".join(part for part in parts if part and cell_len(part))
