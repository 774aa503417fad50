"""The columns of the four lists: what can be seen of each object where a list has room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.units import human_memory
from app.workbench.figures import short_age, short_id, size
from app.workbench.spans import plain
from app.workbench.states import mark, role
from app.workbench.steps import told_time
from app.workbench.table import Cell, Cells, Column
from app.workbench.usage import Usage
from app.workbench.yard import Build, Container, Image, Kind, Volume

BUSY = 80.0
"""Percent of a processor from which on a container stands out."""
COLUMNS: Mapping[Kind, Sequence[Column]] = {
    "image": (
        Column("repository", "REPOSITORY"),
        Column("tag", "TAG", 1, most=24),
        Column("id", "ID", 4, most=12),
        Column("created", "CREATED", 3, right=True),
        Column("size", "SIZE", 2, right=True, least=7, descending=True),
        Column("containers", "USED BY", 5, most=0),
    ),
    "container": (
        Column("name", "NAME"),
        Column("image", "IMAGE", 5, most=36),
        Column("status", "STATUS", 1, most=12),
        Column("health", "HEALTH", 6, most=10),
        Column("since", "SINCE", 2, right=True),
        Column("cpu", "CPU", 3, right=True, least=6, descending=True),
        Column("memory", "MEMORY", 4, right=True, least=9, descending=True),
        Column("ports", "PORTS", 7, most=32),
        Column("created", "CREATED", 10, right=True),
        Column("id", "ID", 9, most=12),
        Column("command", "COMMAND", 8, most=0),
    ),
    "volume": (
        Column("name", "NAME"),
        Column("driver", "DRIVER", 4, most=16),
        Column("size", "SIZE", 1, right=True, least=7, descending=True),
        Column("created", "CREATED", 3, right=True),
        Column("used", "USED BY", 2, most=0, descending=True),
    ),
    "build": (
        Column("name", "NAME"),
        Column("status", "STATUS", 1, most=12),
        Column("steps", "STEPS", 4, right=True, descending=True),
        Column("time", "TIME", 2, right=True, least=6, descending=True),
        Column("began", "BEGAN", 3, right=True),
        Column("image", "IMAGE", 6, most=12),
        Column("context", "CONTEXT", 5, most=0),
    ),
}
"""All there are, in the order in which they stand."""


def chosen(kind: Kind, names: Sequence[str]) -> Sequence[Column]:
    """Return the columns that somebody wants, in this order, the first ones kept longest; none: all."""
    known = {column.id: column for column in COLUMNS[kind]}
    return [known[name]._replace(rank=rank) for rank, name in enumerate(names)] or COLUMNS[kind]


def image(image: Image, tag: str, users: Sequence[str], now: float) -> Cells:
    """Fill the columns of one name of an image."""
    repository, colon, version = tag.rpartition(":")
    return {
        "repository": Cell(plain(repository if colon else tag) or "<none>", "plain" if tag else "dim"),
        "tag": Cell(plain(version if colon else "") or "<none>", "plain" if tag else "dim"),
        "id": Cell(short_id(image.id), "dim"),
        "created": _age(image.created, now),
        "size": Cell(size(image.size), weight=image.size),
        "containers": Cell(", ".join(map(plain, users)), "dim", len(users)),
    }


def container(one: Container, usage: Mapping[str, Usage], now: float) -> Cells:
    """Fill the columns of a container."""
    used = usage.get(one.id, Usage()) if one.alive else Usage()
    since = one.started_at if one.alive else one.finished_at or one.created
    status = f"exited ({one.exit_code})" if one.status == "exited" else one.status
    return {
        "name": Cell(plain(one.name)),
        "image": Cell(plain(one.image), "dim"),
        "status": Cell(status, role(one)),
        "health": Cell(one.health, mark(one).role),
        "since": Cell(short_age(now - since), "plain" if one.alive else "dim", -since),
        "cpu": Cell(
            "" if used.cpu is None else f"{used.cpu:.1f}%",
            "warn" if (used.cpu or 0) >= BUSY else "plain",
            -1.0 if used.cpu is None else used.cpu,
        ),
        "memory": Cell("" if used.memory is None else human_memory(used.memory), weight=used.memory or 0),
        "ports": Cell(plain(one.ports)),
        "created": _age(one.created, now),
        "id": Cell(short_id(one.id), "dim"),
        "command": Cell(plain(one.command), "dim"),
    }


def volume(one: Volume, users: Sequence[str], bytes: int | None, now: float) -> Cells:
    """Fill the columns of a volume."""
    name = one.name if len(one.name) < 40 else short_id(one.name)
    return {
        "name": Cell(plain(name)),
        "driver": Cell(plain(one.driver), "dim"),
        "size": Cell("" if bytes is None else size(bytes), weight=-1 if bytes is None else bytes),
        "created": _age(one.created, now),
        "used": Cell(", ".join(map(plain, users)) or "free", "good" if users else "dim", len(users)),
    }


def build(one: Build, now: float, role: str) -> Cells:
    """Fill the columns of a build."""
    took = (one.ended or now) - one.started
    steps = f"{one.finished}/{one.total}" if one.total else ""
    return {
        "name": Cell(plain(one.title) or short_id(one.id)),
        "status": Cell({"cancelled": "stopped"}.get(one.state, one.state), role),
        "steps": Cell(steps, "dim", one.total),
        "time": Cell(told_time(took), weight=took),
        "began": _age(one.started, now),
        "image": Cell(short_id(one.image), "dim"),
        "context": Cell(plain(one.context), "dim"),
    }


def _age(moment: float, now: float) -> Cell:
    """Tell how long ago something was; a moment that is not known is the longest ago."""
    return Cell(f"{short_age(now - moment)} ago" if moment else "", "dim", -moment)
