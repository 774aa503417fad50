"""Moments as --since and --until name them: RFC 3339 in any of its shorter forms, seconds since the epoch, or how long ago."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone

UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
FORMS = ("%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H", "%Y-%m-%d")
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_ZONED = re.compile(r"(?P<stamp>.+T.+|\d{4}-\d\d-\d\d)(?P<zone>Z|[+-]\d\d:?\d\d)$")


def duration(text: str) -> float:
    """Read a duration such as 1h30m or -1.5s, in seconds; ValueError when it is none."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    parts = list(_PART.finditer(rest))
    if not rest or "".join(part.group() for part in parts) != rest:
        raise ValueError(f'time: invalid duration "{text}"')
    return sign * sum(float(part[1]) * UNITS[part[2]] for part in parts)


def moment(text: str, now: float | None = None) -> float:
    """Read a moment as seconds since the epoch; a stamp without a zone is local time. ValueError when it is none."""
    try:
        return (time.time() if now is None else now) - duration(text)
    except ValueError:
        pass
    if re.fullmatch(r"-?\d+(\.\d{1,9})?", text):
        return float(text)
    return _stamp(text).timestamp()


def _stamp(text: str) -> datetime:
    zoned = _ZONED.fullmatch(text)
    plain = zoned["stamp"] if zoned else text
    # strptime knows microseconds only; docker's stamps have nine digits.
    plain = re.sub(r"(\.\d{6})\d+$", r"\1", plain)
    for form in FORMS:
        try:
            stamp = datetime.strptime(plain, form)  # noqa: DTZ007 - the zone is put on below
        except ValueError:
            continue
        if not zoned:
            return stamp
        if zoned["zone"] == "Z":
            return stamp.replace(tzinfo=timezone.utc)
        return stamp.replace(tzinfo=datetime.strptime(zoned["zone"], "%z").tzinfo)
    raise ValueError(f'failed to parse value as time or duration: "{text}"')
