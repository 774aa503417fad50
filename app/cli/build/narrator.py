"""Who tells a build: one narrator for each way of telling, chosen by --progress and by where the words go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Protocol

    from engine.build.events import Event, Failed

    class Narrator(Protocol):
        """Takes the events of one build, in any thread; `close` comes last, whatever happened."""

        failure: Failed | None
        """How the build failed, once it has."""

        def __call__(self, event: Event) -> None:
            """Tell one event."""

        def close(self) -> None:
            """Leave the terminal as it was found."""


MODES = ("auto", "plain", "rich", "json")
ALIASES = {"tty": "rich", "quiet": "quiet"}
"""What BuildKit calls them."""
VARIABLE = "BUILDKIT_PROGRESS"
"""Read where --progress is not given: people set it where output is kept, as in CI."""


class Telling(NamedTuple):
    """How the user wants to be told."""

    mode: str
    """One of MODES, or `quiet`."""
    to_stderr: bool = False
    """Standard output is taken by the result itself."""
    force_rm: bool = False
    """`--force-rm`: name the container that goes, also when its step failed."""
    shell: bool = False
    """`--debug-shell`: a failure opens a shell, so nobody has to be told of it."""


def mode(text: str) -> str:
    """Check a value of --progress; ValueError says which there are."""
    known = ALIASES.get(text, text)
    if known not in (*MODES, "quiet"):
        raise ValueError(f"valid values are: {', '.join(MODES)}")
    return known


def wanted(text: str | None, environment: Mapping[str, str]) -> str:
    """Choose among --progress and the environment; what the environment says wrongly does not count."""
    if text is not None:
        return text
    try:
        return mode(environment.get(VARIABLE) or "auto")
    except ValueError:
        return "auto"


def narrator(telling: Telling, dockerfile: Callable[[str], bytes]) -> Narrator:
    """Make the narrator; `auto` is live on a terminal that can do it, classic elsewhere.

    `dockerfile` gives the Dockerfile of a build by the build's id.
    """
    out = sys.stderr if telling.to_stderr else sys.stdout
    chosen = telling.mode
    if chosen == "auto":
        chosen = "rich" if out.isatty() and os.environ.get("TERM") not in (None, "", "dumb") else "plain"
    if chosen == "rich":
        from app.cli.build.live import Live

        return Live(out, dockerfile, hint=not telling.shell)
    if chosen == "json":
        from app.cli.build.lines import Lines

        return Lines(out)
    from app.cli.build.classic import Classic, Quiet

    if chosen == "quiet":
        return Quiet(sys.stderr, force_rm=telling.force_rm)
    return Classic(out, force_rm=telling.force_rm)
