"""The rows of the four lists, as values: what each line says, and how it fits a width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from rich.cells import cell_len

from app.units import human_memory
from app.workbench import columns
from app.workbench.columns import BUSY
from app.workbench.figures import ago, count, short_id, size
from app.workbench.spans import Span, cut, plain, spread
from app.workbench.states import mark, role, short_status, status
from app.workbench.table import Cells
from app.workbench.usage import Usage
from app.workbench.yard import Container, Image, Volume

NARROWEST_NAME = 12
GAP = 2


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
    cells: Cells = MappingProxyType({})
    """What stands under the headings, where there is room for some."""

    @property
    def said(self) -> tuple[str, ...]:
        """All that a filter looks through, the name first."""
        return (
            self.name,
            self.target,
            *(note.text for note in self.notes),
            self.title,
            *(cell.text for cell in self.cells.values()),
        )


def images(images: Sequence[Image], now: float, containers: Sequence[Container] = ()) -> list[Row]:
    """Make one row for each name of each image, the newest first."""
    rows: list[Row] = []
    users: dict[str, list[str]] = {}
    for one in containers:
        users.setdefault(one.image_id, []).append(one.name)
    for image in sorted(images, key=lambda image: (-image.created, image.id)):
        notes = (
            Span(size(image.size)),
            Span(ago(image.created, now), "dim"),
            Span(short_id(image.id), "dim"),
        )
        title = f"{short_id(image.id)} · {size(image.size)} · {ago(image.created, now)}"
        for tag in image.tags or ("",):
            name = plain(tag) if tag else f"<none> {short_id(image.id)}"
            cells = columns.image(image, tag, users.get(image.id, ()), now)
            said = notes if tag else notes[:2]
            rows.append(Row(f"{image.id} {tag}", tag or image.id, name, said, title=title, cells=cells))
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
            columns.container(one, usage, now),
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
    return [Span(f"{cpu:>6}", "warn" if (used.cpu or 0) >= BUSY else "plain"), Span(f"{memory:>9}")]


def _said_of_use(container: Container, usage: Mapping[str, Usage]) -> list[str]:
    return [text for span in _used(container, usage) if (text := span.text.strip())]


def volumes(
    volumes: Sequence[Volume],
    containers: Sequence[Container],
    now: float,
    sizes: Mapping[str, int | None] = {},
) -> list[Row]:
    """Make one row for each volume, by name."""
    users = {volume.name: [one for one in containers if volume.name in one.volumes] for volume in volumes}
    return [_volume(volume, users[volume.name], now, sizes) for volume in sorted(volumes)]


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
    cells = columns.volume(volume, [one.name for one in users], measured, now)
    return Row(volume.name, volume.name, plain(name), notes, sign, title, cells)


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
