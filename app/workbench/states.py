"""How a container stands: as one character, in a few characters, in docker's words."""

from __future__ import annotations

from app.workbench.figures import age, ago, short_age
from app.workbench.spans import Span
from app.workbench.yard import Container


def mark(container: Container) -> Span:
    """Show a container's state as one character, told apart by shape before colour."""
    match container.status:
        case "running" if container.health == "unhealthy":
            return Span("◍", "bad")
        case "running" if container.health == "starting":
            return Span("◐", "warn")
        case "running":
            return Span("●", "good")
        case "paused":
            return Span("‖", "warn")
        case "restarting":
            return Span("↻", "warn")
        case "created":
            return Span("◌", "dim")
        case "dead":
            return Span("†", "bad")
    return Span("✕", "bad") if container.exit_code else Span("○", "dim")


def role(container: Container) -> str:
    """Name the role in which a container's state is written."""
    role = mark(container).role
    return "dim" if role == "good" else role


def status(container: Container, now: float) -> str:
    """Say a container's state in docker's words."""
    up = f"Up {age(now - container.started_at)}"
    match container.status:
        case "running":
            return up + _health(container)
        case "paused":
            return f"{up} (Paused)"
        case "created":
            return "Created"
        case "dead":
            return "Dead"
        case "restarting":
            return f"Restarting ({container.exit_code}) {ago(container.finished_at, now)}"
    return f"Exited ({container.exit_code}) {ago(container.finished_at, now)}"


def _health(container: Container) -> str:
    starting = "health: " if container.health == "starting" else ""
    return f" ({starting}{container.health})" if container.health else ""


def short_status(container: Container, now: float) -> str:
    """Say a container's state in a few characters."""
    match container.status:
        case "running":
            return f"up {short_age(now - container.started_at)}"
        case "exited":
            return f"exit {container.exit_code}"
    return container.status
