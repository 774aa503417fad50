"""What builds keep, as rows of `system df -v` and `builder prune --verbose`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.cli.rows import Row, short_id
from app.units import ellipsis, human_duration, human_size

if TYPE_CHECKING:
    from engine.build.inventory import Entry

HEADINGS = {
    "ID": "CACHE ID",
    "CacheType": "CACHE TYPE",
    "Size": "SIZE",
    "CreatedSince": "CREATED",
    "LastUsedSince": "LAST USED",
    "UsageCount": "USAGE",
    "Shared": "SHARED",
    "Description": "DESCRIPTION",
}
COLUMNS = ("ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "UsageCount", "Shared")
DESCRIPTION_WIDTH = 60
PRUNED = ("ID", "CacheType", "Size", "LastUsedSince", "Description")


def cache_row(entry: Entry, now: float | None = None) -> Row:
    """Make the row of one thing that builds keep; a star marks what is needed now."""
    moment = time.time() if now is None else now
    id = short_id(entry.id) if entry.id.startswith("sha256:") else entry.id[:12]
    return Row(
        {
            "CacheType": entry.kind,
            "CreatedSince": lambda: f"{human_duration(moment - entry.created)} ago",
            "Description": ellipsis(" ".join(entry.description.split()), DESCRIPTION_WIDTH),
            "ID": f"{id}*" if entry.in_use else id,
            "InUse": str(entry.in_use).lower(),
            "LastUsedSince": lambda: f"{human_duration(moment - entry.used)} ago",
            "Parent": short_id(entry.parent),
            "Shared": str(entry.shared).lower(),
            "Size": human_size(entry.size, 3),
            "UsageCount": str(entry.ways),
        }
    )
