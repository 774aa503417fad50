"""`save`: images into an archive or an OCI layout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.flags import Arguments, Flag, UsageError
from app.cli.outfile import outfile

if TYPE_CHECKING:
    from engine.engine import Engine

FORMATS = ("docker-archive", "oci-archive", "oci-dir")


def _format(text: str) -> str:
    if text not in FORMATS:
        raise ValueError(f"must be one of {', '.join(FORMATS)}")
    return text


def _run(engine: Engine, arguments: Arguments) -> int:
    names, path, kind = arguments.positional, arguments.text("output"), arguments.text("format", FORMATS[0])
    if kind == "oci-dir":
        if not path:
            raise UsageError("--format oci-dir writes a directory: name it with -o", 1)
        engine.images.save(names, path, format=kind)
    elif not path:
        if sys.stdout.isatty():
            raise UsageError("cowardly refusing to save to a terminal. Use the -o flag or redirect", 1)
        engine.images.save(names, sys.stdout.buffer, format=kind)
    else:
        with outfile(path) as out:
            engine.images.save(names, out, format=kind)
    return 0


SAVE = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Save one or more images to an archive (streamed to STDOUT by default)",
    _run,
    (
        Flag(
            "format",
            "string",
            "Form of what is written (docker-archive|oci-archive|oci-dir)",
            shown='"docker-archive"',
            check=_format,
        ),
        Flag("output", "string", "Write to a file, instead of STDOUT", short="o"),
    ),
    1,
    None,
)
