"""Sizes and ages in words, as docker writes them; short forms for narrow lists."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK, MONTH, YEAR = 7 * DAY, 30 * DAY, 365 * DAY
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count: float) -> str:
    """Write bytes with at most four digits: 209MB, 1.2kB, 0B."""
    unit = 0
    while count >= 1000 and unit + 1 < len(_UNITS):
        count /= 1000
        unit += 1
    return f"{count:.3g}{_UNITS[unit]}" if count < 999.5 else f"{count:.4g}{_UNITS[unit]}"


def age(seconds: float) -> str:
    """Write a span in words: 4 seconds, About a minute, 3 hours, 2 weeks."""
    seconds = max(0, int(seconds))
    if seconds < 1:
        return "Less than a second"
    if seconds == 1:
        return "1 second"
    if seconds < MINUTE:
        return f"{seconds} seconds"
    if seconds < 2 * MINUTE:
        return "About a minute"
    if seconds < HOUR:
        return f"{seconds // MINUTE} minutes"
    hours = int(seconds / HOUR + 0.5)
    if hours == 1:
        return "About an hour"
    steps = ((48, 1, "hours"), (24 * 14, 24, "days"), (24 * 60, 168, "weeks"), (24 * 730, 720, "months"))
    for limit, unit, name in steps:
        if hours < limit:
            return f"{hours // unit} {name}"
    return f"{seconds // YEAR} years"


def short_age(seconds: float) -> str:
    """Write a span in at most three characters or so: 4s, 59m, 3h, 2d, 7w."""
    seconds = max(0, int(seconds))
    for limit, unit, name in (
        (MINUTE, 1, "s"),
        (HOUR, MINUTE, "m"),
        (2 * DAY, HOUR, "h"),
        (8 * WEEK, DAY, "d"),
    ):
        if seconds < limit:
            return f"{seconds // unit}{name}"
    return f"{seconds // WEEK}w" if seconds < 2 * YEAR else f"{seconds // YEAR}y"


def ago(created: float | None, now: float) -> str:
    """Say how long ago a moment was; an unknown one is empty."""
    return f"{age(now - created)} ago" if created else ""


def short_id(id: str) -> str:
    """Cut an id to the twelve characters people know it by."""
    return id.removeprefix("sha256:")[:12]


def count(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: 1 layer, 3 layers."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
