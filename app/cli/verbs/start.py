"""`start`: start containers, and with -a stay with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, say, warn
from app.cli.flags import Arguments, Flag, UsageError
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    names = arguments.positional
    if arguments.switch("attach"):
        if len(names) > 1:
            raise UsageError("you cannot start and attach multiple containers at once", 1)
        from app.cli.foreground import show

        removed = bool(engine.containers.get(names[0]).host_config["AutoRemove"])
        return show(engine, names[0], proxy=arguments.switch("sig-proxy", True), bury=removed)
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


START = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Start one or more stopped containers",
    _run,
    (
        Flag("attach", "bool", "Attach STDOUT/STDERR and forward signals", short="a"),
        Flag(
            "detach-keys", "string", "", later="attaching to terminals comes with the next step of the engine"
        ),
        Flag(
            "interactive",
            "bool",
            "",
            short="i",
            later="attaching STDIN comes with the next step of the engine",
        ),
        Flag("sig-proxy", "bool", "Proxy received signals to the process", shown="true", hidden=True),
    ),
    1,
    None,
)
