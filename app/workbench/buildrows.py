"""The rows of the list of builds."""

from __future__ import annotations

from collections.abc import Sequence

from app.workbench.figures import ago, short_id
from app.workbench.rows import Row
from app.workbench.spans import Span, plain
from app.workbench.steps import told_time
from app.workbench.yard import Build

_MARKS = {
    "running": Span("●", "accent"), "done": Span("✓", "good"), "failed": Span("✕", "bad"),
    "cancelled": Span("‖", "warn"), "died": Span("†", "bad"),
}  # fmt: skip


def builds(builds: Sequence[Build], now: float) -> list[Row]:
    """Make one row for each build, the newest first."""
    ordered = sorted(builds, key=lambda one: (-one.started, one.id))
    return [
        Row(
            one.id,
            one.id,
            plain(one.title) or short_id(one.id),
            (Span(short_status(one, now), _role(one)), Span(ago(one.started, now), "dim")),
            mark(one),
            title(one, now),
        )
        for one in ordered
    ]


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
