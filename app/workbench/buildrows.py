"""The rows of the list of builds."""

from __future__ import annotations

from collections.abc import Sequence

from app.workbench import columns
from app.workbench.figures import ago, short_id
from app.workbench.rows import Row
from app.workbench.spans import Span, plain
from app.workbench.steps import told_time
from app.workbench.table import Cell
from app.workbench.watching import made, newest, watch_of
from app.workbench.watchpage import summary
from app.workbench.yard import Build, Watch

_MARKS = {
    "running": Span("●", "accent"), "done": Span("✓", "good"), "failed": Span("✕", "bad"),
    "cancelled": Span("‖", "warn"), "died": Span("†", "bad"),
}  # fmt: skip


def builds(builds: Sequence[Build], now: float, watches: Sequence[Watch] = ()) -> list[Row]:
    """Make one row for each build, the newest first; of a watch only for its last one."""
    return [_row(one, now, watch_of(one, watches)) for one in newest(builds, watches)]


def _row(one: Build, now: float, watch: Watch | None) -> Row:
    status = Span(short_status(one, now), _role(one))
    told = title(one, now)
    watched = watch is not None and watch.alive and made(watch, one)
    if watch and watched:
        last = watch.history.last
        answered = last and last.state == "done" and last.after
        status = Span(f"{last.after:.2f}s" if last and answered else status.text, status.role)
        told = f"{summary(watch)} · {told}"
    seen = Span("◉ watched", "accent") if watched else Span(ago(one.started, now), "dim")
    cells = columns.build(one, now, _role(one))
    if watched:
        cells = {**cells, "status": Cell(seen.text, seen.role)}
    name = plain(one.title) or short_id(one.id)
    return Row(one.id, one.id, name, (status, seen), mark(one), told, cells)


def mark(build: Build) -> Span:
    """Show how a build stands as one character, told apart by shape before colour."""
    return _MARKS.get(build.state, Span("◌", "dim"))


def _role(build: Build) -> str:
    return "dim" if build.state == "done" else mark(build).role


def short_status(build: Build, now: float) -> str:
    """Say how a build stands in a few characters."""
    if build.running:
        return f"{build.finished}/{build.total}" if build.total else "begins"
    if build.state == "done":
        return told_time(build.ended - build.started)
    if build.state == "failed":
        return f"step {build.step}" if build.step and build.total else "failed"
    return {"cancelled": "stopped"}.get(build.state, build.state)


def title(build: Build, now: float) -> str:
    """Say what was built from where, and when."""
    where = " · ".join(plain(part) for part in (build.context, build.dockerfile) if part)
    how = {"running": "began", "done": "built", "cancelled": "stopped"}.get(build.state, build.state)
    return " · ".join(part for part in (f"{how} {ago(build.started, now)}", where) if part)
