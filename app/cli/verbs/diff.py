"""`diff`: what a container changed in its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    for change in engine.containers.diff(arguments.positional[0]):
        say(f"{change.kind} {change.path}")
    return 0


DIFF = Command(
    "CONTAINER", "Inspect changes to files or directories on a container's filesystem", _run, (), 1, 1
)
