"""`exec`: run another program in a running container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, has_terminal, say, warn
from app.cli.flags import Arguments, Flag
from app.cli.verbs.attach import LEFT
from app.cli.verbs.program_flags import DETACH_KEYS, ENVIRONMENT, detach_keys, environment
from engine.errors import InvalidInput, StartFailed

if TYPE_CHECKING:
    from engine.engine import Engine

_NOT_STARTED = 126


def _run(engine: Engine, arguments: Arguments) -> int:
    from app.output import size
    from engine.containers.programs.attaching import Program

    terminal, typing = arguments.switch("tty"), arguments.switch("interactive")
    detached = arguments.switch("detach")
    name, *words = arguments.positional
    if terminal and typing and not detached:
        # A container that is missing is the first thing to know, whatever there is to lend.
        engine.containers.get(name)
        if not has_terminal():
            return 1
    program = Program(
        tuple(words),
        terminal,
        typing and not detached,
        detached,
        arguments.text("user"),
        arguments.text("workdir"),
        tuple(environment(arguments)),
        arguments.switch("privileged"),
        size() if terminal else (0, 0),
    )
    try:
        session = engine.containers.execute(name, program)
    except (StartFailed, InvalidInput) as error:
        if detached:
            complain(error)
            return 1
        # What keeps the program from starting is docker's output of it.
        say(error.brief)
        return _NOT_STARTED
    if detached:
        session.close()
        return 0
    from app.cli.foreground import BOTH, Manner, relay

    streams = BOTH | {"stdin"} if typing else BOTH
    left = relay(session, Manner(streams, detach_keys(arguments, terminal=terminal)))
    session.close()
    if left:
        warn(LEFT)
        return 1
    return 137 if session.exit_code is None else session.exit_code


EXEC = Command(
    "[OPTIONS] CONTAINER COMMAND [ARG...]",
    "Execute a command in a running container",
    _run,
    (
        Flag("detach", "bool", "Detached mode: run command in the background", short="d"),
        DETACH_KEYS,
        *ENVIRONMENT,
        Flag("interactive", "bool", "Keep STDIN open even if not attached", short="i"),
        Flag("privileged", "bool", "Give extended privileges to the command"),
        Flag("tty", "bool", "Allocate a pseudo-TTY", short="t"),
        Flag("user", "string", "Username or UID (format: <name|uid>[:<group|gid>])", short="u"),
        Flag("workdir", "string", "Working directory inside the container", short="w"),
    ),
    2,
    None,
    interspersed=False,
)
