"""`history`: the steps that made an image."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.flags import Arguments, Flag
from app.cli.listing import show
from app.cli.rows import Row, local_stamp, short_id
from app.units import ellipsis, human_duration, human_size

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.images.records import HistoryEntry

HEADINGS = {
    "ID": "IMAGE",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "CreatedBy": "CREATED BY",
    "Size": "SIZE",
    "Comment": "COMMENT",
}
CREATED_BY_WIDTH = 45


def history_row(
    entry: HistoryEntry, *, human: bool = True, whole: bool = False, now: float | None = None
) -> Row:
    """Make the row of one step."""
    moment = time.time() if now is None else now
    made_by = entry.created_by.replace("\t", " ")

    def since() -> str:
        if not human:
            return local_stamp(entry.created)
        return f"{human_duration(moment - entry.created)} ago" if entry.created > 0 else "N/A"

    return Row(
        {
            "Comment": entry.comment,
            "CreatedAt": lambda: local_stamp(entry.created),
            "CreatedBy": made_by if whole else ellipsis(made_by, CREATED_BY_WIDTH),
            "CreatedSince": since,
            "ID": short_id(entry.id, whole) if entry.id.startswith("sha256:") else entry.id,
            "Size": human_size(entry.size, 3) if human else str(entry.size),
        }
    )


def _run(engine: Engine, arguments: Arguments) -> int:
    human, whole = arguments.switch("human", True), arguments.switch("no-trunc")
    entries = engine.images.history(arguments.positional[0])
    columns = ("ID", "CreatedSince" if human else "CreatedAt", "CreatedBy", "Size", "Comment")
    rows = (history_row(entry, human=human, whole=whole) for entry in entries)
    show(rows, HEADINGS, columns, arguments.text("format"), quiet="ID" if arguments.switch("quiet") else "")
    return 0


HISTORY = Command(
    "[OPTIONS] IMAGE",
    "Show the history of an image",
    _run,
    (
        Flag("format", "string", "Pretty-print images using a Go template"),
        Flag("human", "bool", "Print sizes and dates in human readable format", short="H", shown="true"),
        Flag("no-trunc", "bool", "Don't truncate output"),
        Flag("quiet", "bool", "Only show image IDs", short="q"),
    ),
    1,
    1,
)
