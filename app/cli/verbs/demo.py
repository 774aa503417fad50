"""`demo`: a sample container out of this machine's own programs, on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import on_terminal
from app.cli.flags import Arguments, Flag

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    from app.demo import demo

    return demo(engine, on_terminal() and not arguments.switch("no-ui"))


DEMO = Command(
    "[OPTIONS]",
    "Make a sample container from this machine's own programs and show it",
    _run,
    (Flag("no-ui", "bool", "Print what was made instead of opening the workbench"),),
)
