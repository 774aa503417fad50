"""The verbs that move containers through their lives, each on any number of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, each, say
from app.cli.flags import Arguments, Flag, UsageError
from engine.errors import EngineError, NotFound

if TYPE_CHECKING:
    from engine.engine import Engine

NAMES = "[OPTIONS] CONTAINER [CONTAINER...]"


def _stop(engine: Engine, arguments: Arguments) -> int:
    timeout, signal = arguments.number("time"), arguments.text("signal") or None
    return each(
        arguments.positional, lambda name: engine.containers.stop(name, timeout=timeout, signal=signal)
    )


def _restart(engine: Engine, arguments: Arguments) -> int:
    timeout = arguments.number("time")
    return each(arguments.positional, lambda name: engine.containers.restart(name, timeout=timeout))


def _kill(engine: Engine, arguments: Arguments) -> int:
    signal = arguments.text("signal", "KILL")
    return each(arguments.positional, lambda name: engine.containers.kill(name, signal))


def _pause(engine: Engine, arguments: Arguments) -> int:
    return each(arguments.positional, engine.containers.pause)


def _unpause(engine: Engine, arguments: Arguments) -> int:
    return each(arguments.positional, engine.containers.unpause)


def _wait(engine: Engine, arguments: Arguments) -> int:
    return each(arguments.positional, lambda name: say(str(engine.containers.wait(name))), echo=False)


def _remove(engine: Engine, arguments: Arguments) -> int:
    force, volumes = arguments.switch("force"), arguments.switch("volumes")
    code = 0
    for name in arguments.positional:
        try:
            engine.containers.remove(name, force=force, volumes=volumes)
        except EngineError as error:
            complain(error)
            # With -f, a container that is not there is as good as removed.
            code = code if force and isinstance(error, NotFound) else 1
        else:
            say(name)
    return code


def _rename(engine: Engine, arguments: Arguments) -> int:
    old, new = arguments.positional
    if not old or not new.strip():
        raise UsageError("Error: Neither old nor new names may be empty", 1)
    engine.containers.rename(old, new)
    return 0


STOP = Command(
    NAMES,
    "Stop one or more running containers",
    _stop,
    (
        Flag("signal", "string", "Signal to send to the container", short="s"),
        Flag("time", "int", "Seconds to wait for stop before killing it", short="t", shown="10"),
    ),
    1,
    None,
)
RESTART = Command(
    NAMES,
    "Restart one or more containers",
    _restart,
    (Flag("time", "int", "Seconds to wait for stop before killing the container", short="t", shown="10"),),
    1,
    None,
)
KILL = Command(
    NAMES,
    "Kill one or more running containers",
    _kill,
    (Flag("signal", "string", "Signal to send to the container", short="s", shown='"KILL"'),),
    1,
    None,
)
PAUSE = Command(
    "CONTAINER [CONTAINER...]", "Pause all processes within one or more containers", _pause, (), 1, None
)
UNPAUSE = Command(
    "CONTAINER [CONTAINER...]", "Unpause all processes within one or more containers", _unpause, (), 1, None
)
WAIT = Command(
    "CONTAINER [CONTAINER...]",
    "Block until one or more containers stop, then print their exit codes",
    _wait,
    (),
    1,
    None,
)
REMOVE = Command(
    NAMES,
    "Remove one or more containers",
    _remove,
    (
        Flag("force", "bool", "Force the removal of a running container (uses SIGKILL)", short="f"),
        Flag(
            "link",
            "bool",
            "Remove the specified link",
            short="l",
            later="there are no links between containers",
        ),
        Flag("volumes", "bool", "Remove anonymous volumes associated with the container", short="v"),
    ),
    1,
    None,
)
RENAME = Command("CONTAINER NEW_NAME", "Rename a container", _rename, (), 2, 2)
