"""How outcomes reach the person: data on stdout, narration on stderr, one sentence for each error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from engine.errors import EngineError


def say(text: str = "") -> None:
    """Print a line of data."""
    sys.stdout.write(text + "\n")


def warn(text: str) -> None:
    """Print a line of narration."""
    sys.stdout.flush()
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def complain(error: EngineError) -> None:
    """Print what happened and, on a second line, what to do about it."""
    warn(f"Error: {error}")
    advise(error)


def advise(error: EngineError) -> None:
    """Print what to do about an error that was told."""
    if error.resolution:
        warn(f"  {error.resolution[:1].upper()}{error.resolution[1:]}.")


def each(names: Iterable[str], act: Callable[[str], object], *, echo: bool = True) -> int:
    """Do one thing to every name; print those done, complain of the others, and return 1 if any failed."""
    code = 0
    for name in names:
        try:
            act(name)
        except EngineError as error:
            complain(error)
            code = 1
        else:
            if echo:
                say(name)
    return code


def on_terminal() -> bool:
    """Tell whether there is somebody to show a screen to."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def has_terminal() -> bool:
    """Tell whether there is a terminal to lend to a program; complain in docker's words if not."""
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    warn("the input device is not a TTY")
    return False


def agreed(warning: str, break_: str = "\n") -> bool:
    """Ask before something is destroyed; anything but y is no."""
    sys.stdout.write(f"WARNING! {warning}{break_}Are you sure you want to continue? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() == "y"
