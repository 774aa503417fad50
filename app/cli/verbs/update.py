"""`update`: other limits for containers that are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import each, warn
from app.cli.flags import Arguments, Flag
from app.cli.verbs import limit_flags
from app.cli.verbs.options import restart_policy, restart_word

if TYPE_CHECKING:
    from engine.engine import Engine

FLAGS = (
    *limit_flags.UPDATED,
    Flag("restart", "string", "Restart policy to apply when a container exits", check=restart_word),
)


def _run(engine: Engine, arguments: Arguments) -> int:
    if not any(arguments.given(flag.name) for flag in FLAGS):
        warn("you must provide one or more flags when using this command")
        return 1
    limits = limit_flags.limits(arguments)
    restart = restart_policy(arguments.text("restart")) if arguments.text("restart") else None
    return each(arguments.positional, lambda name: engine.containers.update(name, limits, restart))


UPDATE = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Update configuration of one or more containers",
    _run,
    FLAGS,
    1,
    None,
)
