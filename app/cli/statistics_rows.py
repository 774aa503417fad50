"""What containers use, as rows of `stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.rows import Row
from app.units import human_memory, human_size

if TYPE_CHECKING:
    from engine.containers.programs.statistics import Statistics

HEADINGS = {
    "Container": "CONTAINER",
    "ID": "CONTAINER ID",
    "Name": "NAME",
    "CPUPerc": "CPU %",
    "MemUsage": "MEM USAGE / LIMIT",
    "MemPerc": "MEM %",
    "NetIO": "NET I/O",
    "BlockIO": "BLOCK I/O",
    "PIDs": "PIDS",
}
COLUMNS = ("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
UNKNOWN = "--"
"""A figure that this machine does not have."""


def statistics_row(asked: str, id: str, name: str, used: Statistics, *, whole: bool = False) -> Row:
    """Make one container's row; `asked` is how it was named."""
    return Row(
        {
            "BlockIO": lambda: pair(used.read, used.written),
            "CPUPerc": percent(used.cpu),
            "Container": asked,
            "ID": id if whole else id[:12],
            "MemPerc": percent(used.memory_share),
            "MemUsage": memory(used),
            "Name": name,
            "NetIO": lambda: pair(used.received, used.sent),
            "PIDs": UNKNOWN if used.processes is None else str(used.processes),
        }
    )


def percent(share: float | None) -> str:
    """Write a percentage."""
    return UNKNOWN if share is None else f"{share:.2f}%"


def memory(used: Statistics) -> str:
    """Write what is used, and of how much."""
    limit = UNKNOWN if used.limit is None else human_memory(used.limit)
    return f"{UNKNOWN if used.memory is None else human_memory(used.memory)} / {limit}"


def pair(came: int | None, went: int | None) -> str:
    """Write what came in and what went out."""
    return " / ".join(UNKNOWN if count is None else human_size(count, 3) for count in (came, went))
