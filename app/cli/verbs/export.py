"""`export`: a container's whole tree as an archive."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import warn
from app.cli.flags import Arguments, Flag
from app.cli.outfile import outfile

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    name, path = arguments.positional[0], arguments.text("output")
    if not path:
        if sys.stdout.isatty():
            warn("cowardly refusing to save to a terminal. Use the -o flag or redirect")
            return 1
        engine.containers.export(name, sys.stdout.buffer)
        return 0
    with outfile(path) as out:
        engine.containers.export(name, out)
    return 0


EXPORT = Command(
    "[OPTIONS] CONTAINER",
    "Export a container's filesystem as a tar archive",
    _run,
    (Flag("output", "string", "Write to a file, instead of STDOUT", short="o"),),
    1,
    1,
)
