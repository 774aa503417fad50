"""A command as a value: what it takes, what it says of itself, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from app.cli.flags import PROGRAM, Arguments, Flag, UsageError, parse

if TYPE_CHECKING:
    from engine.engine import Engine


class Command(NamedTuple):
    """One verb of the command line; the name it goes by is the catalogue's business."""

    usage: str
    """What follows the name on the usage line."""
    summary: str
    run: Callable[[Engine, Arguments], int]
    """Do it and return the exit code."""
    flags: tuple[Flag, ...] = ()
    least: int = 0
    """Fewest positional words."""
    most: int | None = 0
    """Most positional words; None for any number."""
    interspersed: bool = True
    """Whether flags may follow positional words."""
    failure: int = 1
    """The exit code when the engine refuses."""

    def read(self, path: str, words: Sequence[str]) -> Arguments:
        """Parse the command's words; raises UsageError and HelpAsked."""
        arguments = parse(path, self.flags, words, interspersed=self.interspersed)
        count = len(arguments.positional)
        if count < self.least or (self.most is not None and count > self.most):
            raise UsageError(self._miscount(path), 1)
        return arguments

    def help(self, path: str, aliases: Sequence[str] = ()) -> str:
        """Write the command's help page."""
        from app.cli.help import command_help

        return command_help(path, self.usage, self.summary, self.flags, aliases)

    def _miscount(self, path: str) -> str:
        """Say how many words the command takes, as docker says it."""
        from app.cli.help import usage_line

        if self.most == 0:
            need = "accepts no arguments"
        elif self.most is None:
            need = f"requires at least {_arguments(self.least)}"
        elif self.least == self.most:
            need = f"requires exactly {_arguments(self.least)}"
        elif self.least == 0:
            need = f"requires at most {_arguments(self.most)}"
        else:
            need = f"requires at least {self.least} and at most {_arguments(self.most)}"
        lines = [
            f'"{PROGRAM} {path}" {need}.',
            f"See '{PROGRAM} {path} --help'.",
            "",
            usage_line(path, self.usage),
            "",
            self.summary,
        ]
        return "\n".join(lines)


def _arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count} arguments"
