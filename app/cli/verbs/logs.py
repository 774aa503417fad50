"""`logs`: what a container printed, from a file of any size, to the stream it was printed on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.flags import Arguments, Flag
from app.output import show

if TYPE_CHECKING:
    from engine.engine import Engine

TARGETS = {"stdout": 1, "stderr": 2}


def _run(engine: Engine, arguments: Arguments) -> int:
    name = arguments.positional[0]
    stamped, details = arguments.switch("timestamps"), ""
    if arguments.switch("details"):
        from app.cli.logdetails import details as named

        details = f"{named(engine.containers.get(name))} "
    prefixed = stamped or bool(details)
    entries = engine.containers.logs(
        name,
        follow=arguments.switch("follow"),
        tail=_tail(arguments.text("tail", "all")),
        since=_moment("since", arguments.text("since")),
        until=_moment("until", arguments.text("until")),
        lines=prefixed,
    )
    for entry in entries:
        prefix = (f"{timestamp(entry.time_ns)} " if stamped else "") + details
        show(TARGETS[entry.stream], prefix.encode() + entry.data if prefixed else entry.data)
    return 0


def _tail(text: str) -> int | None:
    """Read --tail as docker does: a count, or everything for any other word."""
    return int(text) if text.isdigit() else None


def _moment(flag: str, text: str) -> float | None:
    if not text:
        return None
    from engine.errors import InvalidInput
    from engine.moments import past

    try:
        return past(text)
    except InvalidInput as error:
        raise InvalidInput(
            f'invalid value for "{flag}": failed to parse value as time or duration: "{text}"',
            resolution=error.resolution,
        ) from None


def timestamp(time_ns: int) -> str:
    """Write a moment as RFC 3339 with all nine digits, in UTC."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{nanoseconds:09d}Z"


LOGS = Command(
    "[OPTIONS] CONTAINER",
    "Fetch the logs of a container",
    _run,
    (
        Flag("details", "bool", "Show extra details provided to logs"),
        Flag("follow", "bool", "Follow log output", short="f"),
        Flag(
            "since",
            "string",
            "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)",
        ),
        Flag("tail", "string", "Number of lines to show from the end of the logs", short="n", shown='"all"'),
        Flag("timestamps", "bool", "Show timestamps", short="t"),
        Flag(
            "until",
            "string",
            "Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)",
        ),
    ),
    1,
    1,
)
