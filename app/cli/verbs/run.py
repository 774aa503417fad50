"""`run`: create, start, and show the container's output until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, has_terminal, say
from app.cli.flags import Arguments, Flag, UsageError
from app.cli.verbs.create import make
from app.cli.verbs.options import CREATE_FLAGS, attached_streams
from app.cli.verbs.program_flags import detach_keys
from engine.errors import StartFailed

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    detached, streams = arguments.switch("detach"), attached_streams(arguments)
    if detached and arguments.words("attach"):
        raise UsageError("Conflicting options: -a and -d", 1)
    if not detached:
        from app.cli.foreground import Manner, stay
        from app.output import size

        keys = detach_keys(arguments, terminal=arguments.switch("tty"))
        if arguments.switch("tty") and "stdin" in streams and not has_terminal():
            return 1
    engine.prestart()
    id = make(engine, arguments)
    try:
        if detached:
            engine.containers.start(id)
            say(id)
            return 0
        session = engine.containers.start_attached(id, size())
    except StartFailed as error:
        complain(error)
        return error.code
    code = stay(engine, id, session, Manner(streams, keys, arguments.switch("sig-proxy", True)))
    if arguments.switch("rm") and code is not None:
        engine.containers.bury(id)
    return code or 0


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
