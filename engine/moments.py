"""Moments in time as configs and records write them: RFC 3339 text with up to nine digits of a second."""

from __future__ import annotations

import re
import time

from engine.errors import InvalidInput

NEVER = -62135596800.0
"""The first of January of the year 1, which stands for: not said."""

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)?)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_DURATION = re.compile(r"([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def epoch(text: str) -> float:
    """Return seconds since the epoch; NEVER for empty or unreadable text."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        return NEVER
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    zone = match[8] or "Z"
    offset = 0
    if zone not in "Zz":
        offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * (-60 if zone[0] == "-" else 60)
    seconds = _days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
    return seconds + float(match[7] or 0)


def rfc3339(nanoseconds: int) -> str:
    """Write a moment in UTC as Go does: without trailing zeros in the fraction."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{fraction:09d}".rstrip("0").rstrip(".") + "Z"


def past(text: str, now: float | None = None) -> float:
    """Read a filter's moment: a unix time, RFC 3339, or a Go duration before now; raises InvalidInput.

    A date without a zone is meant where we are.
    """
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    parts = _DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        elapsed = sum(float(number) * _UNITS[unit] for number, unit in parts)
        return (time.time() if now is None else now) - elapsed
    moment = epoch(text)
    date = _RFC3339.fullmatch(text)
    clock = time.gmtime(0 if moment == NEVER else moment)
    if date and not date[8]:
        if clock[:4] != tuple(int(part or 0) for part in date.groups()[:4]):
            moment = NEVER
        else:
            moment = time.mktime((*clock[:8], -1)) + moment % 1
    if moment == NEVER:
        raise InvalidInput(
            f"failed to parse the time {text!r}", resolution="write 24h, 2026-01-31T12:00:00 or a unix time"
        )
    return moment


def _days(year: int, month: int, day: int) -> int:
    """Count the days since 1970-01-01 in the Gregorian calendar."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def written(seconds: float) -> str:
    """Write seconds since the epoch; 0 is docker's year 1, never."""
    return rfc3339(int(seconds * 1e9)) if seconds else "0001-01-01T00:00:00Z"
