"""`load`: images out of an archive or an OCI layout."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments, Flag, UsageError
from app.cli.progress import Progress

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    path, quiet = arguments.text("input"), arguments.switch("quiet")
    if not path and sys.stdin.isatty():
        raise UsageError("requested load from stdin, but stdin is empty", 1)
    with Progress(quiet=quiet) as progress:
        if path and os.path.isdir(path):
            loaded = list(engine.images.load(path, progress=progress))
        elif path:
            with open(path, "rb") as archive:
                loaded = list(engine.images.load(archive, progress=progress))
        else:
            loaded = list(engine.images.load(sys.stdin.buffer, progress=progress))
    for image in loaded:
        say(f"Loaded image: {image.reference}" if image.reference else f"Loaded image ID: {image.id}")
    return 0


LOAD = Command(
    "[OPTIONS]",
    "Load images from an archive, a directory or STDIN",
    _run,
    (
        Flag(
            "input", "string", "Read from an archive or an OCI layout directory, instead of STDIN", short="i"
        ),
        Flag("quiet", "bool", "Suppress the progress output", short="q"),
    ),
)
