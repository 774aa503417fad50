"""`start`: start containers, and with -a stay with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, has_terminal, say, warn
from app.cli.flags import Arguments, Flag, UsageError
from app.cli.verbs.program_flags import DETACH_KEYS, detach_keys
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    names = arguments.positional
    if arguments.switch("attach") or arguments.switch("interactive"):
        if len(names) > 1:
            raise UsageError("you cannot start and attach multiple containers at once", 1)
        return _start_attached(engine, arguments, names[0])
    failed = []
    for name in names:
        try:
            engine.containers.start(name)
        except EngineError as error:
            complain(error)
            failed.append(name)
        else:
            say(name)
    if failed:
        warn(f"Error: failed to start containers: {', '.join(failed)}")
    return 1 if failed else 0


def _start_attached(engine: Engine, arguments: Arguments, name: str) -> int:
    from app.cli.foreground import BOTH, Manner, stay
    from app.output import size

    container = engine.containers.get(name)
    config = container.config["Config"]
    keys = detach_keys(arguments, terminal=config["Tty"])
    streams = BOTH if arguments.switch("attach") else frozenset[str]()
    if arguments.switch("interactive") and config["OpenStdin"]:
        streams |= {"stdin"}
        if config["Tty"] and not has_terminal():
            return 1
    session = engine.containers.start_attached(name, size())
    code = stay(engine, name, session, Manner(streams, keys, arguments.switch("sig-proxy", True)))
    if container.host_config["AutoRemove"] and code is not None:
        engine.containers.bury(container.id)
    return code or 0


START = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Start one or more stopped containers",
    _run,
    (
        Flag("attach", "bool", "Attach STDOUT/STDERR and forward signals", short="a"),
        DETACH_KEYS,
        Flag("interactive", "bool", "Attach container's STDIN", short="i"),
        Flag("sig-proxy", "bool", "Proxy received signals to the process", shown="true", hidden=True),
    ),
    1,
    None,
)
