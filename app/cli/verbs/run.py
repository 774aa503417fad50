"""`run`: create, start, and show the container's output until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, say
from app.cli.flags import Arguments, Flag, UsageError
from app.cli.verbs.create import make
from app.cli.verbs.options import CREATE_FLAGS
from engine.errors import StartFailed

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    detached, streams = arguments.switch("detach"), arguments.words("attach")
    if detached and streams:
        raise UsageError("Conflicting options: -a and -d", 1)
    engine.prestart()
    id = make(engine, arguments)
    try:
        if detached:
            engine.containers.start(id)
            say(id)
            return 0
        from app.cli.foreground import show

        return show(
            engine, id, streams, proxy=arguments.switch("sig-proxy", True), bury=arguments.switch("rm")
        )
    except StartFailed as error:
        complain(error)
        return error.code


RUN = Command(
    "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    "Run a command in a new container",
    _run,
    (
        *CREATE_FLAGS,
        Flag("detach", "bool", "Run container in background and print container ID", short="d"),
        Flag("sig-proxy", "bool", "Proxy received signals to the process", shown="true"),
    ),
    1,
    None,
    interspersed=False,
    failure=125,
)
