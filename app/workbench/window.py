"""A stretch of time as somebody writes it: `10m`, `14:00..14:30`, `2026-01-31T09:00..`, `..1h`."""

from __future__ import annotations

import re
import time

from engine.errors import InvalidInput
from engine.moments import past

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_DAY = 86400


def window(text: str, now: float) -> tuple[int | None, int | None]:
    """Read its beginning and end, in nanoseconds since the epoch; None is open.

    Raises:
        InvalidInput: which end cannot be read.
    """
    since, dots, until = (part.strip() for part in text.partition(".."))
    begin, end = (_moment(part, now) if part else None for part in (since, until))
    if begin is not None and end is not None and end < begin:
        raise InvalidInput(f"{until} is before {since}")
    return begin, end if dots else None


def _moment(text: str, now: float) -> int:
    clock = _CLOCK.fullmatch(text)
    if not clock:
        return int(past(text, now) * 1e9)
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        raise InvalidInput(f"{text} is no time of a day")
    today = time.localtime(now)
    moment = time.mktime((*today[:3], hours, minutes, seconds, 0, 0, -1))
    # What has not been today was yesterday.
    return int((moment if moment <= now else moment - _DAY) * 1e9)
