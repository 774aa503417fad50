"""`create`: a container that is ready to start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say, warn
from app.cli.flags import Arguments, UsageError
from app.cli.verbs.options import CREATE_FLAGS, check_container_file, dangers, options, write_container_file
from engine.errors import EngineError, NotFound
from engine.oci.reference import is_identifier

_ELSEWHERE = (
    "bring it in with `stackyard load` or `stackyard import` "
    "(`stackyard import --from-host` makes one of this machine's own programs)"
)

if TYPE_CHECKING:
    from engine.engine import Engine


def make(engine: Engine, arguments: Arguments) -> str:
    """Create the container the arguments describe and give its id."""
    image = arguments.positional[0]
    chosen = options(arguments)
    if chosen.auto_remove and arguments.text("restart") not in ("", "no"):
        raise UsageError("conflicting options: cannot specify both --restart and --rm")
    for danger in dangers(chosen):
        warn(f"WARNING: {danger}")
    id_file = arguments.text("cidfile")
    if id_file:
        check_container_file(id_file)
    policy = arguments.text("pull", "missing")
    if policy == "always":
        _pull(engine, image, arguments)
    try:
        id = engine.containers.create(image, chosen)
    except NotFound as error:
        if policy != "missing" or not error.brief.startswith("No such image") or is_identifier(image):
            raise
        warn(f"Unable to find image '{error.brief.partition(': ')[2]}' locally")
        _pull(engine, image, arguments)
        id = engine.containers.create(image, chosen)
    if id_file:
        write_container_file(id_file, id)
    return id


def _pull(engine: Engine, image: str, arguments: Arguments) -> None:
    """Bring the image; what a pull tells goes to stderr, for stdout is the container's."""
    from app.cli.transfers import Transfers

    try:
        with Transfers(sys.stderr, quiet=arguments.switch("quiet")) as transfers:
            engine.images.pull(image, arguments.text("platform"), transfers)
    except EngineError as error:
        error.resolution = error.resolution or _ELSEWHERE
        raise


def _run(engine: Engine, arguments: Arguments) -> int:
    say(make(engine, arguments))
    return 0


CREATE = Command(
    "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    "Create a new container",
    _run,
    CREATE_FLAGS,
    1,
    None,
    interspersed=False,
)
