"""`completion`: the script that makes a shell complete our lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.completing.scripts import SCRIPTS
from app.cli.flags import Arguments, UsageError

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    script = SCRIPTS.get(arguments.positional[0])
    if script is None:
        raise UsageError(
            f"Error: there is no completion for '{arguments.positional[0]}': bash, fish or zsh can be had", 1
        )
    sys.stdout.write(script)
    return 0


COMPLETION = Command("bash|fish|zsh", "Print the script that completes lines in a shell", _run, (), 1, 1)
