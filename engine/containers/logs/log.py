"""What a container printed: its log read back as it is, as lines, from either end, or as it comes.

A line belongs to one stream and is placed where its newline arrived, so two streams that write at once never
share a line. Text after the last newline is a line too, an unfinished one. `LogFile` (for a screen) reads any
lines of gigabytes; `read` (for the command line) tells all of it as fast as the disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from time import time
from typing import NamedTuple

from engine.containers.logs.logfile import LogFile
from engine.containers.logs.loglines import NAMES, Carry, Line
from engine.kernel.inotify import Watch

__all__ = ["Line", "LogEntry", "LogFile", "read"]

TICK = 1.0
"""Seconds after which a follower asks again whether the container has ended, should no change wake it."""
JOIN_BYTES = 1 << 20
"""Frames of one stream are handed over together up to about this size."""


class LogEntry(NamedTuple):
    """Something a container printed: one line, or as much as arrived together."""

    time_ns: int
    stream: str
    """stdout or stderr."""
    data: bytes
    """With its newlines."""


def read(
    path: str,
    *,
    tail: int | None = None,
    since: float | None = None,
    until: float | None = None,
    follow: bool = False,
    lines: bool = False,
    ended: Callable[[], bool] = lambda: True,
) -> Iterator[LogEntry]:
    """Yield what the log at `path` holds, oldest first, and with `follow` what comes until `ended` says so.

    `tail` counts lines; `since` and `until` are seconds since the epoch. With `lines` every entry is one
    line, else as much as is at hand. A log that does not exist yet is an empty one.
    """
    with LogFile(path) as log:
        teller = _Teller(log, tail, since, until, lines)
        if follow:
            yield from _follow(teller, until, ended)
        else:
            yield from teller.news()
            yield from teller.rest()


def _follow(
    teller: _Teller, until: float | None, ended: Callable[[], bool]
) -> Iterator[LogEntry]:
    log = teller.log
    with closing(Watch(os.path.dirname(log.path) or ".")) as watch:
        while not teller.finished:
            # Asked before reading: what is written between the answer and the reading is still told.
            last = ended()
            log.refresh(teller.offset)
            yield from teller.news()
            if last or (until is not None and time() >= until):
                break
            if not teller.lines:
                yield from teller.rest()
            watch.wait(TICK if until is None else max(0.0, min(TICK, until - time())))
        yield from teller.rest()


class _Teller:
    """A place in a log, and what of it is still to be told."""

    def __init__(
        self, log: LogFile, tail: int | None, since: float | None, until: float | None, lines: bool
    ) -> None:
        self.log = log
        self.since = None if since is None else int(since * 1e9)
        self.until = None if until is None else int(until * 1e9)
        self.finished = False
        self.lines = lines
        self._raw = not lines and tail is None and self.since is None
        self._skip = 0
        self._carry = Carry()
        self.offset = log.start
        """Behind what has been read."""
        if tail is not None:
            first = max(log.first_line, log.line_count - max(0, tail))
            self.offset, number, self._carry = log.place(first)
            self._skip = first - number
        elif self.since is not None:
            self.offset, _, self._carry = log.place_of_time(self.since)

    def news(self) -> Iterator[LogEntry]:
        """Yield what has come since last time, unfinished lines held back unless raw bytes will do."""
        return self._bytes() if self._raw else self._split()

    def rest(self) -> Iterator[LogEntry]:
        """Yield the unfinished lines; they are told once."""
        for time_ns, stream, data in self._carry.take():
            if self._skip:
                self._skip -= 1
            elif not self._outside(time_ns):
                yield LogEntry(time_ns, NAMES[stream], data)

    def _outside(self, time_ns: int) -> bool:
        """Tell whether a time is out of range; past the end of it there is nothing more to tell."""
        if self.until is not None and time_ns > self.until:
            self.finished = True
            return True
        return self.since is not None and time_ns < self.since

    def _bytes(self) -> Iterator[LogEntry]:
        held: list[bytes] = []
        size = began = last = 0
        for end, time_ns, stream, payload in self.log.frames(self.offset, told=True):
            if self.until is not None and time_ns > self.until:
                self.finished = True
                break
            self.offset = end
            if stream != last or size > JOIN_BYTES:
                if held:
                    yield LogEntry(began, NAMES[last], b"".join(held))
                held, size, last, began = [], 0, stream, time_ns
            held.append(payload)
            size += len(payload)
        if held:
            yield LogEntry(began, NAMES[last], b"".join(held))

    def _split(self) -> Iterator[LogEntry]:
        for end, time_ns, stream, payload in self.log.frames(self.offset, told=True):
            self.offset = end
            block = self._carry.feed(time_ns, stream, payload)
            if not block:
                continue
            if self._skip:
                block = self._skipped(block)
            if self._outside(time_ns):
                if self.finished:
                    return
                continue
            name = NAMES[stream]
            if not self.lines:
                if block:
                    yield LogEntry(time_ns, name, block)
                continue
            for line in block.split(b"\n")[:-1]:
                yield LogEntry(time_ns, name, line + b"\n")

    def _skipped(self, block: bytes) -> bytes:
        """Drop from the front of a block the lines that stand before the first one asked for."""
        position = 0
        while self._skip:
            position = block.find(b"\n", position) + 1
            if not position:
                return b""
            self._skip -= 1
        return block[position:]
