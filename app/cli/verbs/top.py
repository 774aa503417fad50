"""`top`: what runs in a container."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.flags import Arguments
from app.cli.table import aligned

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    name, *options = arguments.positional
    table = engine.containers.top(name, options)
    lines = ("\t".join(line) + "\n" for line in (table.titles, *table.rows))
    sys.stdout.write(aligned("".join(lines), minimum=20, padding=3))
    return 0


TOP = Command(
    "CONTAINER [ps OPTIONS]",
    "Display the running processes of a container",
    _run,
    (),
    1,
    None,
    interspersed=False,
)
