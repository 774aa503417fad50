"""The rows of the four lists, as values: what each line says, and how it fits a width."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from app.units import human_memory
from app.workbench.figures import age, ago, count, short_age, short_id, size
from app.workbench.spans import Span, cut, plain, spread
from app.workbench.usage import Usage
from app.workbench.yard import Container, Image, Volume

NARROWEST_NAME = 12
GAP = 2
_BUSY = 80.0
"""Percent of a processor from which on a container stands out."""


class Row(NamedTuple):
    """One line of a list."""

    key: str
    """Stays the same for as long as the object lives."""
    target: str
    """The name or id by which the engine knows the object."""
    name: str
    notes: tuple[Span, ...] = ()
    """Columns behind the name, the most important first."""
    mark: Span = Span("")
    title: str = ""
    """What the right side says of it, behind its name."""


def images(images: Sequence[Image], now: float) -> list[Row]:
    """Make one row for each name of each image, the newest first."""
    rows: list[Row] = []
    for image in sorted(images, key=lambda image: (-image.created, image.id)):
        notes = (
            Span(size(image.size)),
            Span(ago(image.created, now), "dim"),
            Span(short_id(image.id), "dim"),
        )
        title = f"{short_id(image.id)} · {size(image.size)} · {ago(image.created, now)}"
        rows += [Row(f"{image.id} {tag}", tag, plain(tag), notes, title=title) for tag in image.tags]
        if not image.tags:
            unnamed = f"<none> {short_id(image.id)}"
            rows.append(Row(f"{image.id} ", image.id, unnamed, notes[:2], title=title))
    return rows


def containers(
    containers: Sequence[Container], now: float, usage: Mapping[str, Usage] = {}, *, wide: bool = False
) -> list[Row]:
    """Make one row for each container, the newest first: starting and stopping moves none of them."""
    ordered = sorted(containers, key=lambda one: (-one.created, one.id))
    return [
        Row(
            one.id,
            one.id,
            plain(one.name),
            (
                Span(status(one, now) if wide else short_status(one, now), role(one)),
                *_used(one, usage),
                Span(plain(one.image), "dim"),
            ),
            mark(one),
            " · ".join([plain(one.image), status(one, now), *_said_of_use(one, usage)]),
        )
        for one in ordered
    ]


def _used(container: Container, usage: Mapping[str, Usage]) -> list[Span]:
    """Fill the columns of CPU and memory, as wide as they ever get; none while nothing was measured."""
    if not usage:
        return []
    used = usage.get(container.id, Usage()) if container.alive else Usage()
    cpu = "" if used.cpu is None else f"{used.cpu:.1f}%"
    memory = "" if used.memory is None else human_memory(used.memory)
    return [Span(f"{cpu:>6}", "warn" if (used.cpu or 0) >= _BUSY else "plain"), Span(f"{memory:>9}")]


def _said_of_use(container: Container, usage: Mapping[str, Usage]) -> list[str]:
    return [text for span in _used(container, usage) if (text := span.text.strip())]


def volumes(
    volumes: Sequence[Volume],
    containers: Sequence[Container],
    now: float,
    sizes: Mapping[str, int | None] = {},
    *,
    order: str = "name",
) -> list[Row]:
    """Make one row for each volume, by name, or with the largest (`size`) or the most used (`use`) first."""
    users = {volume.name: [one for one in containers if volume.name in one.volumes] for volume in volumes}
    weights = {
        "size": {volume.name: -(sizes.get(volume.name) or 0) for volume in volumes},
        "use": {name: -len(using) for name, using in users.items()},
    }.get(order, {})
    listed = sorted(volumes, key=lambda volume: (weights.get(volume.name, 0), volume))
    return [_volume(volume, users[volume.name], now, sizes) for volume in listed]


def _volume(
    volume: Volume, users: Sequence[Container], now: float, sizes: Mapping[str, int | None]
) -> Row:
    measured = sizes.get(volume.name)
    taken = "" if measured is None else size(measured)
    used = f"in use by {len(users)}" if users else "free"
    notes = (
        Span(taken if sizes else used, "plain" if sizes or users else "dim"),
        *([Span(used, "good" if users else "dim")] if sizes else []),
        Span(plain(volume.driver), "dim"),
        Span(ago(volume.created, now), "dim"),
    )
    sign = Span("●", "good") if any(one.alive for one in users) else Span("○", "dim")
    name = volume.name if len(volume.name) < 40 else short_id(volume.name)
    said = [plain(volume.driver), *([taken] if taken else []), count(len(users), "container")]
    title = " · ".join([*said, *([ago(volume.created, now)] if volume.created else [])])
    return Row(volume.name, volume.name, plain(name), notes, sign, title)


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


def layout(rows: Sequence[Row], width: int) -> list[int]:
    """Choose how wide the columns of notes are: the first always, and as many as leave the names room."""
    if not rows:
        return []
    longest = max(cell_len(row.name) + (GAP if row.mark.text else 0) for row in rows)
    widths: list[int] = []
    for column in range(max(len(row.notes) for row in rows)):
        wanted = max((cell_len(row.notes[column].text) for row in rows if column < len(row.notes)), default=0)
        left = width - sum(widths) - GAP * len(widths) - wanted - GAP
        if widths and left < max(NARROWEST_NAME, min(longest, width // 2)):
            break
        widths.append(wanted)
    return widths


def line(row: Row, columns: Sequence[int], width: int) -> list[Span]:
    """Lay one row out over the columns of its list."""
    left = [Span(f"{row.mark.text} ", row.mark.role), Span(row.name)] if row.mark.text else [Span(row.name)]
    right: list[Span] = []
    for position, column in enumerate(columns):
        note = row.notes[position] if position < len(row.notes) else Span("")
        text = cut(note.text, column)
        rest = " " * (column - cell_len(text))
        # The first column stands at its right edge, as sizes do; words behind it begin at the left.
        before, after = (rest, "") if position == 0 else (" " * GAP, rest)
        right += [Span(before), Span(text, note.role), Span(after)]
    return spread(left, right, width)


class Filter(NamedTuple):
    """What a list is narrowed to: words, a regular expression, or with `!` whatever they do not match."""

    text: str = ""

    def keep(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that match; text that is no regular expression is taken as it stands."""
        inverse = self.text.startswith("!")
        wanted = self.text[1:] if inverse else self.text
        if not wanted:
            return list(rows)
        try:
            pattern = re.compile(wanted, re.IGNORECASE)
        except re.error:
            pattern = re.compile(re.escape(wanted), re.IGNORECASE)
        return [row for row in rows if any(map(pattern.search, _said(row))) != inverse]


def _said(row: Row) -> tuple[str, ...]:
    return (row.name, row.target, *(note.text for note in row.notes), row.title)
