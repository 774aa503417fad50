"""The lines of a log that somebody wants to see: those that match, or do not, within a stretch of time.

Only their numbers are kept. They are looked for by a thread, from the newest back to the oldest, so that what
is shown first is there first; a page is drawn from what has been found so far.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.workbench.logpage import Matcher
from app.workbench.yard import Log, LogLine

ANCHOR = 1 << 40
"""Number of the line that was the next to come when the looking began; older ones stand before it."""
BLOCK = 2000
"""Lines looked at in one go."""
Opener = Callable[[], Log]


class Wanted(NamedTuple):
    """Which lines are wanted."""

    words: str = ""
    """Words or a regular expression; `!` before it means: those that do not match."""
    since: int | None = None
    """Nanoseconds since the epoch."""
    until: int | None = None
    window: str = ""
    """The stretch of time as it was asked for."""

    @property
    def all(self) -> bool:
        """Whether every line is."""
        return not self.words and self.since is None and self.until is None

    @property
    def label(self) -> str:
        """Say it in a few words."""
        return " ".join(filter(None, (f"⟨{self.words}⟩" if self.words else "", self.window)))


class Sifted(NamedTuple):
    """A line that is shown, under its number among those."""

    number: int
    time_ns: int
    stream: str
    text: bytes


class Finds:
    """The numbers found so far; added to by one thread, read by others."""

    def __init__(self) -> None:
        self.older = array("Q")
        """Before the beginning, the newest first."""
        self.newer = array("Q")


class Sieve:
    """A log of which only some lines are seen; `work` looks for more of them."""

    def __init__(self, log: Log, open: Opener, wanted: Wanted, finds: Finds | None = None) -> None:
        self._log, self._open, self._wanted = log, open, wanted
        self._inverse = wanted.words.startswith("!")
        words = wanted.words[self._inverse :]
        self._matcher = Matcher(words) if words else None
        self._finds = finds or Finds()
        self._known = 0, 0
        self._target = log.line_count
        self._reader: Log | None = None
        self._low = self._high = self._floor = 0
        self.refresh()

    @property
    def first_line(self) -> int:
        """Number of the oldest line found that is still there."""
        gone = self._log.first_line
        if not gone:
            return ANCHOR - len(self._finds.older)
        older = bisect_right(self._finds.older, -gone, key=int.__neg__)
        return ANCHOR - older if older else ANCHOR + bisect_left(self._finds.newer, gone)

    @property
    def line_count(self) -> int:
        """Number after the newest line found."""
        return ANCHOR + len(self._finds.newer)

    def refresh(self) -> bool:
        """Take in what was written and found since; tell whether there is more to see."""
        self._log.refresh()
        self._target = self._log.line_count
        known, self._known = self._known, (self.first_line, self.line_count)
        return known != self._known

    def lines(self, start: int, count: int) -> Sequence[LogLine]:
        """Return up to `count` lines from number `start` on."""
        start = max(start, self.first_line)
        found: list[LogLine] = []
        end = min(start + count, self.line_count)
        while start < end:
            number, run = self._number(start), 1
            while start + run < end and self._number(start + run) == number + run:
                run += 1
            told = {line.number: line for line in self._log.lines(number, run)}
            for place in range(run):
                line = told.get(number + place)
                found.append(
                    Sifted(start + place, line.time_ns, line.stream, line.text)
                    if line
                    else Sifted(start + place, 0, "stderr", b"(dropped meanwhile)")
                )
            start += run
        return found

    def find(
        self,
        matches: Callable[[bytes], object],
        start: int,
        *,
        backward: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> int | None:
        """Return the number of the nearest line that matches."""
        first, end = self.first_line, self.line_count
        place = min(start, end - 1) if backward else max(start, first)
        while first <= place < end and not stop():
            begin = max(first, place - BLOCK + 1) if backward else place
            lines = self.lines(begin, place - begin + 1 if backward else BLOCK)
            for line in reversed(lines) if backward else lines:
                if matches(line.text):
                    return line.number
            place = begin - 1 if backward else place + max(1, len(lines))
        return None

    def fresh(self) -> Sieve:
        """Return the same for another thread, as far as was found."""
        return Sieve(self._open(), self._open, self._wanted, self._finds)

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()

    def work(self, stop: Callable[[], bool]) -> bool:
        """Look for more, in one thread alone; tell whether anything was left to look at."""
        reader = self._reader = self._reader or self._begin()
        if self._high < self._target and self._ahead(reader):
            return True
        if self._low <= self._floor:
            return False
        start = max(self._floor, self._low - BLOCK)
        count = self._low - start
        if self._matcher is None:
            self._finds.older.extend(range(self._low - 1, start - 1, -1))
            self._low = start
            return True
        lines = [line for line in reader.lines(start, count) if line.number < self._low]
        found = [line.number for line in reversed(lines) if self._fits(line)]
        self._finds.older.extend(found)
        self._low = start
        if not found and not self._inverse:
            nearest = reader.find(self._matcher, start - 1, backward=True, stop=stop) if start else None
            if not stop():
                self._low = self._floor if nearest is None else max(self._floor, nearest + 1)
        return True

    def end(self) -> None:
        """Stop looking; called by the thread that did."""
        if self._reader:
            self._reader.close()

    def _begin(self) -> Log:
        reader, wanted = self._open(), self._wanted
        lines = reader.lines(max(reader.first_line, reader.line_count - 2), 2)
        unfinished = sum(not getattr(line, "finished", True) for line in lines)
        self._floor = reader.first_line if wanted.since is None else line_at(reader, wanted.since)
        self._high = reader.line_count - unfinished
        if wanted.until is not None:
            self._high = min(self._high, line_at(reader, wanted.until + 1))
        self._floor = min(self._floor, self._high)
        self._low = self._high
        return reader

    def _ahead(self, reader: Log) -> bool:
        """Look at lines that have come; tell whether there were any."""
        reader.refresh()
        if reader.line_count <= self._high:
            # A reader that does not go along with what is written is opened anew.
            reader.close()
            reader = self._reader = self._open()
        lines = [line for line in reader.lines(self._high, BLOCK) if getattr(line, "finished", True)]
        if not lines or (self._wanted.until is not None and lines[0].time_ns > self._wanted.until):
            return False
        self._finds.newer.extend(line.number for line in lines if self._fits(line))
        self._high = lines[-1].number + 1
        return True

    def _fits(self, line: LogLine) -> bool:
        since, until = self._wanted.since, self._wanted.until
        if (since is not None and line.time_ns < since) or (until is not None and line.time_ns > until):
            return False
        return self._matcher is None or self._matcher(line.text) != self._inverse

    def _number(self, place: int) -> int:
        place -= ANCHOR
        return self._finds.newer[place] if place >= 0 else self._finds.older[-1 - place]


class Sifter:
    """The thread in which sieves look for their lines; calls `found` now and then when there are more."""

    PAUSE = 0.1

    def __init__(self, sieves: Sequence[Sieve], found: Callable[[], object]) -> None:
        self._sieves, self._found = sieves, found
        self._wake, self._over = threading.Event(), threading.Event()
        threading.Thread(target=self._run, daemon=True, name="sifter").start()

    def wake(self) -> None:
        """Say that logs have grown."""
        self._wake.set()

    def close(self) -> None:
        """Stop; returns at once."""
        self._over.set()
        self._wake.set()

    def _run(self) -> None:
        import time

        told, pending = 0.0, False
        try:
            while not self._over.is_set():
                busy = sum(sieve.work(self._over.is_set) for sieve in self._sieves) > 0
                pending = pending or busy
                if pending and (not busy or time.monotonic() - told > self.PAUSE):
                    told, pending = time.monotonic(), False
                    self._found()
                if not busy:
                    self._wake.wait()
                    self._wake.clear()
        except OSError:
            # The log was removed while it was looked through; the list says so.
            return
        finally:
            for sieve in self._sieves:
                sieve.end()


def line_at(log: Log, time_ns: int) -> int:
    """Name the first line of a log that came at a time or later."""
    quick: Callable[[int], int] | None = getattr(log, "line_at", None)
    if quick is not None:
        return quick(time_ns)
    low, high = log.first_line, log.line_count
    while low < high:
        middle = (low + high) // 2
        lines = log.lines(middle, 1)
        if lines and lines[0].time_ns < time_ns:
            low = middle + 1
        else:
            high = middle
    return low
