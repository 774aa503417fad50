"""`cp`: files in and out of a container."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.copying import CopyLine
from app.cli.flags import Arguments, Flag
from engine.errors import InvalidInput

if TYPE_CHECKING:
    from engine.engine import Engine

USAGE = "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tstackyard cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH"


def _run(engine: Engine, arguments: Arguments) -> int:
    source, target = (_parted(word)[0] for word in arguments.positional)
    if source and target:
        raise InvalidInput("copying between containers is not supported")
    if not source and not target:
        raise InvalidInput("must specify at least one container source")
    quiet = arguments.switch("quiet", not sys.stdout.isatty())
    if source:
        _out(engine, arguments, quiet)
    else:
        _into(engine, arguments, quiet)
    return 0


def _out(engine: Engine, arguments: Arguments, quiet: bool) -> None:
    (container, path), (_, destination) = map(_parted, arguments.positional)
    with CopyLine("Copying from container", quiet=quiet or destination == "-") as line:
        copied = engine.containers.copy_from(
            container,
            path,
            sys.stdout.buffer if destination == "-" else destination,
            follow=arguments.switch("follow-link"),
            progress=line,
        )
        line.done(copied.size, copied.path)


def _into(engine: Engine, arguments: Arguments, quiet: bool) -> None:
    (_, path), (container, destination) = map(_parted, arguments.positional)
    with CopyLine("Copying to container", quiet=quiet) as line:
        copied = engine.containers.copy_to(
            container,
            sys.stdin.buffer if path == "-" else path,
            destination,
            follow=arguments.switch("follow-link"),
            archive=arguments.switch("archive"),
            progress=line,
        )
        line.done(copied.size, f"{container}:{copied.path}")


def _parted(word: str) -> tuple[str, str]:
    """Part `CONTAINER:PATH`; a word that begins as a path does is one, whatever colon is in it."""
    container, colon, path = word.partition(":")
    if not colon or word.startswith("/") or container.startswith("."):
        return "", word
    return container, path


CP = Command(
    USAGE,
    "Copy files/folders between a container and the local filesystem",
    _run,
    (
        Flag("archive", "bool", "Archive mode (copy all uid/gid information)", short="a"),
        Flag("follow-link", "bool", "Always follow symbol link in SRC_PATH", short="L"),
        Flag(
            "quiet",
            "bool",
            "Suppress progress output during copy. Progress output is automatically suppressed if no terminal"
            " is attached",
            short="q",
        ),
    ),
    2,
    2,
)
