"""`attach`: come to a running container's own program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import has_terminal, warn
from app.cli.flags import Arguments, Flag
from app.cli.verbs.program_flags import DETACH_KEYS, detach_keys
from engine.errors import Conflict

if TYPE_CHECKING:
    from engine.engine import Engine

LEFT = "read escape sequence"


def _run(engine: Engine, arguments: Arguments) -> int:
    from app.cli.foreground import BOTH, Manner, stay

    name = arguments.positional[0]
    container = engine.containers.get(name)
    typing = container.config["Config"]["OpenStdin"] and not arguments.switch("no-stdin")
    terminal = container.config["Config"]["Tty"]
    try:
        session = engine.containers.attach(name, stdin=typing)
    except Conflict as error:
        # docker's client says it itself, without `Error:`.
        warn(f"You {error.brief}")
        return 1
    # Only for one that could be come to does it matter what we have to lend.
    if terminal and typing and not has_terminal():
        session.close()
        return 1
    streams = BOTH | {"stdin"} if typing else BOTH
    keys = detach_keys(arguments, terminal=terminal)
    manner = Manner(streams, keys, arguments.switch("sig-proxy", True), redraw=True)
    code = stay(engine, name, session, manner)
    if code is None:
        warn(LEFT)
        return 1
    return code


ATTACH = Command(
    "[OPTIONS] CONTAINER",
    "Attach local standard input, output, and error streams to a running container",
    _run,
    (
        DETACH_KEYS,
        Flag("no-stdin", "bool", "Do not attach STDIN"),
        Flag("sig-proxy", "bool", "Proxy all received signals to the process", shown="true"),
    ),
    1,
    1,
)
