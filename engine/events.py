"""The journal of what happened: one JSON line an event, appended by whichever process made it happen.

A line is written by a single O_APPEND write, so writers need no lock and readers see whole lines; whoever
follows sleeps on inotify. The journal keeps its newest half when it grows past `KEEP_BYTES`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.kernel.inotify import Watch

KEEP_BYTES = 8 << 20


class Event(NamedTuple):
    """One thing that happened to one object, as `docker events` tells it."""

    time_ns: int
    type: str
    """container, image, volume, network or builder."""
    action: str
    """create, start, die, tag …"""
    id: str
    attributes: dict[str, str]
    """name, image, exitCode and the object's labels."""


def event(type: str, action: str, id: str, /, **attributes: str) -> Event:
    """Make an event of this moment."""
    return Event(time.time_ns(), type, action, id, attributes)


class EventLog:
    """The journal in one file; any number of processes append and follow."""

    def __init__(self, path: str) -> None:
        self.path = path

    def append(self, event: Event) -> None:
        """Write one event; a journal that cannot be written never stops the work it would tell of."""
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            os.write(descriptor, line)
            if os.fstat(descriptor).st_size > KEEP_BYTES:
                self._shorten()
        except OSError:
            return
        finally:
            os.close(descriptor)

    def read(self, since: float = 0, until: float | None = None) -> Iterator[Event]:
        """Yield what happened between two moments (seconds since the epoch), oldest first."""
        try:
            with open(self.path, "rb") as journal:
                for line in journal:
                    event = _parse(line)
                    if (
                        event
                        and event.time_ns >= since * 1e9
                        and (until is None or event.time_ns <= until * 1e9)
                    ):
                        yield event
        except FileNotFoundError:
            return

    def follow(
        self,
        since: float | None = None,
        until: float | None = None,
        *,
        stop: Callable[[], bool] | None = None,
        tick: float = 1.0,
    ) -> Iterator[Event]:
        """Yield events from `since` (default: now) on as they happen, until `until` passes or `stop` says so.

        `stop` is asked after every event and at least every `tick` seconds.
        """
        with open(self.path, "ab+") as journal:
            journal.seek(0, os.SEEK_END if since is None else os.SEEK_SET)
            rest = b""
            with Watch(self.path) as watch:
                while not (stop and stop()):
                    chunk = journal.read()
                    lines = (rest + chunk).split(b"\n")
                    rest = lines.pop()
                    for event in filter(None, map(_parse, lines)):
                        if until is not None and event.time_ns > until * 1e9:
                            return
                        if since is None or event.time_ns >= since * 1e9:
                            yield event
                    if until is not None and time.time() >= until:
                        return
                    watch.wait(tick if until is None else max(0.0, min(tick, until - time.time())))
                    if os.fstat(journal.fileno()).st_nlink == 0:
                        return (yield from self.follow(time.time() - tick, until, stop=stop, tick=tick))

    def _shorten(self) -> None:
        """Keep the newest half, by rename.

        An event written meanwhile by another process may be lost with the old half.
        """
        with open(self.path, "rb") as journal:
            journal.seek(-KEEP_BYTES // 2, os.SEEK_END)
            journal.readline()
            newest = journal.read()
        fresh = f"{self.path}.{os.getpid()}"
        with open(fresh, "wb") as journal:
            journal.write(newest)
        os.rename(fresh, self.path)


def _parse(line: bytes) -> Event | None:
    try:
        time_ns, type, action, id, attributes = json.loads(line)
    except ValueError:
        return None
    return Event(time_ns, type, action, id, attributes)
