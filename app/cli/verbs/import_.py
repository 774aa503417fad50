"""`import`: an image out of a file tree, from a tarball or from this machine's own programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments, Flag, UsageError
from app.cli.progress import Progress

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    if arguments.switch("from-host"):
        return _from_host(engine, arguments)
    if not arguments.positional:
        raise UsageError('"stackyard import" requires a file, or - for STDIN, or --from-host.', 1)
    if len(arguments.positional) > 2:
        raise UsageError(
            '"stackyard import" takes a file and a name; programs are named with --from-host.', 1
        )
    if arguments.given("tag"):
        raise UsageError("--tag goes with --from-host; name a tarball's image behind the file", 1)
    source, reference = arguments.positional[0], "".join(arguments.positional[1:]) or None
    if source.startswith(("http://", "https://")):
        raise UsageError(f"a URL is not fetched: try `curl -L {source} | stackyard import - …`", 1)
    with Progress() as progress:
        stream = sys.stdin.buffer if source == "-" else open(source, "rb")  # noqa: SIM115 - not ours to close
        id = engine.images.import_(
            stream,
            reference,
            changes=arguments.words("change"),
            message=arguments.text("message"),
            platform=arguments.text("platform") or None,
            progress=progress,
        )
    say(id)
    return 0


def _from_host(engine: Engine, arguments: Arguments) -> int:
    """Grow the image out of this machine; the positional words are programs to take along."""
    for name in ("change", "message", "platform"):
        if arguments.given(name):
            raise UsageError(f"--{name} does not go with --from-host", 1)
    from app.demo import IMAGE

    reference = arguments.text("tag", IMAGE)
    with Progress() as progress:
        say(engine.images.import_host(arguments.positional, reference, progress=progress))
    return 0


IMPORT = Command(
    "[OPTIONS] file|- [REPOSITORY[:TAG]] | --from-host [PROGRAM...]",
    "Import a root file system, from a tarball or from this machine, as an image",
    _run,
    (
        Flag("change", "list", "Apply Dockerfile instruction to the created image", short="c"),
        Flag(
            "from-host",
            "bool",
            "Make a small base image of this machine's own shell, tools and the PROGRAMs named",
        ),
        Flag("message", "string", "Set commit message for imported image", short="m"),
        Flag("platform", "string", "Set the platform of the image"),
        Flag(
            "tag", "string", "With --from-host, the name of the image", short="t", shown='"yard/base:latest"'
        ),
    ),
    0,
    None,
)
