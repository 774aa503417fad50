"""A row of a listing: the fields a --format may name, worked out on first use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

Field = str | Callable[[], str]


class Row(Mapping[str, str]):
    """Named texts; those given as functions are computed when they are read, and once."""

    def __init__(self, fields: Mapping[str, Field], labels: Mapping[str, str] | None = None) -> None:
        self._fields = dict(fields)
        self._labels = labels or {}

    def __getitem__(self, name: str) -> str:
        value = self._fields[name]
        if not isinstance(value, str):
            value = self._fields[name] = value()
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def Label(self, name: str) -> str:
        """Give the value of one label; empty when it has none."""
        return self._labels.get(name, "")


def local_time(seconds: float) -> str:
    """Write a moment as docker's listings do: `2026-11-23 20:18:45 +0000 UTC`."""
    moment = time.localtime(seconds)
    # strftime does not fill up the year 1, which stands for: not said.
    return f"{moment.tm_year:04d}" + time.strftime("-%m-%d %H:%M:%S %z %Z", moment)


def local_stamp(seconds: float) -> str:
    """Write a moment as RFC 3339 in local time: `2026-11-23T20:18:45Z`."""
    moment = time.localtime(seconds)
    zone = time.strftime("%z", moment)
    written = f"{moment.tm_year:04d}" + time.strftime("-%m-%dT%H:%M:%S", moment)
    return written + ("Z" if zone == "+0000" else f"{zone[:3]}:{zone[3:5]}")


def short_id(id: str, whole: bool = False) -> str:
    """Cut an image's id to its first 12 digits, unless it is wanted whole."""
    return id if whole else id.removeprefix("sha256:")[:12]
