"""Sizes and ages in words, as docker writes them; short forms for narrow lists."""

from __future__ import annotations

from app.units import human_duration, human_size

MINUTE, HOUR, DAY = 60, 3600, 86400
WEEK, MONTH, YEAR = 7 * DAY, 30 * DAY, 365 * DAY


def size(count: float) -> str:
    """Write bytes with three digits, as docker's lists do: 209MB, 1.2kB, 0B; never with an exponent."""
    text = human_size(count, 3)
    return human_size(count) if "e" in text else text


def age(seconds: float) -> str:
    """Write a span in words: 4 seconds, About a minute, 3 hours, 2 weeks."""
    return human_duration(max(0.0, seconds))


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
