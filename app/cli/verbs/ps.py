"""`ps`: the containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.container_rows import HEADINGS, container_row
from app.cli.flags import Arguments, Flag, filter_word
from app.cli.listing import show

if TYPE_CHECKING:
    from engine.engine import Engine

COLUMNS = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
RAW = {
    "container_id": "ID",
    "image": "Image",
    "command": "Command",
    "created_at": "CreatedAt",
    "state": "State",
    "status": "Status",
    "names": "Names",
    "labels": "Labels",
    "ports": "Ports",
}


def _run(engine: Engine, arguments: Arguments) -> int:
    sized, quiet = arguments.switch("size"), arguments.switch("quiet")
    last = arguments.number("last")
    limit = 1 if arguments.switch("latest") else max(0, last if last is not None else 0)
    containers = engine.containers.list(
        all=arguments.switch("all") or limit > 0, filters=arguments.filters(), limit=limit
    )
    whole = arguments.switch("no-trunc")
    rows = (container_row(container, engine.containers.sizes, whole=whole) for container in containers)
    columns = (*COLUMNS, "Size") if sized else COLUMNS
    raw = {**RAW, "size": "Size"} if sized else RAW
    form = arguments.text("format")
    if quiet and form.startswith("table"):
        form = "table"
    show(rows, HEADINGS, columns, form, quiet="ID" if quiet else "", raw=raw)
    return 0


LIST = Command(
    "[OPTIONS]",
    "List containers",
    _run,
    (
        Flag("all", "bool", "Show all containers (default shows just running)", short="a"),
        Flag("filter", "filter", "Filter output based on conditions provided", short="f", check=filter_word),
        Flag("format", "string", "Pretty-print containers using a Go template"),
        Flag("last", "int", "Show n last created containers (includes all states)", short="n", shown="-1"),
        Flag("latest", "bool", "Show the latest created container (includes all states)", short="l"),
        Flag("no-trunc", "bool", "Don't truncate output"),
        Flag("quiet", "bool", "Only display container IDs", short="q"),
        Flag("size", "bool", "Display total file sizes", short="s"),
    ),
)
