"""A build's journal as it is looked at: what happened, and the lines that were printed, by number.

What was printed is never held: a reader remembers where in the journal each line begins, and reads the lines
that are asked for.
"""

from __future__ import annotations

import json
import os
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from engine.build.events import (
    Event,
    Failed,
    Output,
    Planned,
    Shortened,
    StepFailed,
    StepStarted,
    Tagged,
    Warned,
)
from engine.build.journal.journal import CHUNK, PRINTED, read_line
from engine.errors import NotFound
from engine.kernel.inotify import DELETE_SELF, MODIFY, Watch
from engine.paths import Paths

LONGEST = 16 << 10
"""Characters after which a line is cut."""
REACH = 4096
"""Events that are looked through for the rest of a line."""
BREATH = 512
"""Events that are taken in at a stretch."""
REMEMBERED = 64
"""Events that are kept read."""
TOLD = 0
"""The stream of lines that the builder tells; 1 and 2 are a program's."""


class PrintedLine(NamedTuple):
    """One line, of the whole build or of one step."""

    number: int
    time_ns: int
    stream: str
    """stdout or stderr."""
    text: bytes


class Recording:
    """One build's journal, opened for reading; one thread may take in while another looks at the lines."""

    def __init__(self, paths: Paths, id: str) -> None:
        self.path = f"{paths.build(id)}/events"
        try:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound(f"No such build: {id}") from None
        self.events: list[Event] = []
        """All but what was printed; it only ever grows."""
        self.size = 0
        """Bytes of the journal that have been taken in."""
        self.total = 0
        """How many steps are planned."""
        self._places, self._starts = array("Q"), array("I")
        self._steps, self._streams = array("I"), bytearray()
        self._by_step: dict[int, array[int]] = {}
        self._told_failure = False
        self._unfinished: set[tuple[int, int]] = set()
        self._read: dict[int, tuple[bytes, dict[str, Any]]] = {}

    def close(self) -> None:
        """Let go of the file; harmless the second time."""
        descriptor, self._file = self._file, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        if "_file" in self.__dict__:
            self.close()

    def take_in(self) -> bool:
        """Read what was written since; tell whether anything was."""
        before = self.size
        while self._file >= 0 and (data := os.pread(self._file, CHUNK, self.size)):
            end = data.rfind(b"\n") + 1
            if not end:
                if len(data) < CHUNK:
                    break
                data = self._long_line(data)
                end = len(data)
            for number, line in enumerate(data[:end].splitlines(keepends=True), 1):
                self._take(line, self.size)
                self.size += len(line)
                if not number % BREATH:
                    # Whoever draws the screen waits for the interpreter meanwhile.
                    time.sleep(0.0005)
        return self.size != before

    def _long_line(self, data: bytes) -> bytes:
        while more := os.pread(self._file, CHUNK, self.size + len(data)):
            end = more.find(b"\n") + 1
            data += more[:end] if end else more
            if end:
                return data
        return b""

    def changes(self, stop: int) -> Iterator[None]:
        """Take in, and yield each time there was something, until the descriptor `stop` becomes readable."""
        try:
            watch = Watch(self.path, mask=MODIFY | DELETE_SELF)
        except FileNotFoundError:
            return
        with watch:
            self.take_in()
            yield
            while stop not in _ready(watch, stop):
                if self.take_in():
                    yield

    def output(self, step: int = 0) -> Printed:
        """Return the lines of one step, or with 0 those of the whole build."""
        return Printed(self, step)

    def numbers(self, step: int) -> Sequence[int] | None:
        """Number the lines of one step within the whole; None stands for all of them."""
        return self._by_step.get(step, ()) if step else None

    @property
    def first_line(self) -> int:
        """Number of the first line: nothing is ever dropped."""
        return 0

    @property
    def line_count(self) -> int:
        """How many lines have been taken in."""
        return len(self._places)

    def _take(self, line: bytes, place: int) -> None:
        if line.startswith(PRINTED):
            try:
                event = json.loads(line)
                self._take_printed(event["step"], event["stream"], event["data"], place)
            except (ValueError, KeyError, TypeError):
                pass
            return
        happened = read_line(line)
        if happened is None or isinstance(happened, Output):
            return
        self.events.append(happened)
        if isinstance(happened, Planned):
            self.total = len(happened.steps)
        if isinstance(happened, Shortened):
            # What follows is another line, or the rest of one that nobody can put together.
            self._unfinished -= {(happened.step, 1), (happened.step, 2)}
        if isinstance(happened, Failed) and not happened.cancelled and self._told_failure:
            return
        self._told_failure |= isinstance(happened, StepFailed)
        if _sentence(happened, self.total):
            step = 0 if isinstance(happened, StepStarted | Failed) else getattr(happened, "step", 0)
            self._add(place, 0, step, TOLD)

    def _take_printed(self, step: int, stream: int, data: str, place: int) -> None:
        key = step, stream
        at = 0
        if key in self._unfinished:
            at = data.find("\n") + 1
            if not at:
                return
            self._unfinished.discard(key)
        while at < len(data):
            self._add(place, at, step, stream)
            at = data.find("\n", at) + 1
            if not at:
                self._unfinished.add(key)
                break

    def _add(self, place: int, start: int, step: int, stream: int) -> None:
        if step:
            self._by_step.setdefault(step, array("I")).append(len(self._places))
        self._starts.append(start)
        self._steps.append(step)
        self._streams.append(stream)
        self._places.append(place)

    def line(self, number: int, told_as: int) -> PrintedLine:
        """Read one line of the whole; `told_as` is the number it is to have."""
        place, stream = self._places[number], self._streams[number]
        raw, event = self._event(place)
        if stream == TOLD:
            happened = read_line(raw)
            text = _sentence(happened, self.total) if happened else ""
            at = getattr(happened, "time", 0.0)
            bad = isinstance(happened, StepFailed | Failed)
            return PrintedLine(told_as, int(at * 1e9), "stderr" if bad else "stdout", _encoded(text))
        text = self._rest(number, place, event)
        time_ns = int(event.get("at", 0) * 1e9)
        return PrintedLine(told_as, time_ns, "stderr" if stream == 2 else "stdout", _encoded(text))

    def _rest(self, number: int, place: int, event: dict[str, Any]) -> str:
        step, stream = self._steps[number], self._streams[number]
        start = self._starts[number]
        end = event["data"].find("\n", start)
        text: str = event["data"][start : end if end >= 0 else None]
        for _ in range(REACH):
            if end >= 0 or len(text) > LONGEST:
                break
            place += len(self._event(place)[0])
            if place >= self.size:
                break
            event = self._event(place)[1]
            if (event.get("event"), event.get("step")) == ("Shortened", step):
                break
            if (event.get("event"), event.get("step"), event.get("stream")) == ("Output", step, stream):
                end = event["data"].find("\n")
                text += event["data"][: end if end >= 0 else None]
        return text[:LONGEST]

    def _event(self, place: int) -> tuple[bytes, dict[str, Any]]:
        if place not in self._read:
            raw = b""
            while b"\n" not in raw and (more := os.pread(self._file, 4096 + len(raw) * 2, place + len(raw))):
                raw += more
            raw = raw[: raw.find(b"\n") + 1]
            if len(self._read) >= REMEMBERED:
                del self._read[next(iter(self._read))]
            self._read[place] = raw, json.loads(raw)
        return self._read[place]


class Printed:
    """The lines of one step or of all, as a log."""

    def __init__(self, recording: Recording, step: int) -> None:
        self.step = step
        self._recording = recording
        self._known = self._seen = 0
        self.refresh()

    @property
    def first_line(self) -> int:
        """Number of the first line: nothing is ever dropped."""
        return 0

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        return self._known

    def lines(self, start: int, count: int) -> list[PrintedLine]:
        """Return up to `count` lines from `start` on."""
        wanted = range(max(0, start), min(start + count, self._known))
        numbers = self._recording.numbers(self.step)
        return [self._recording.line(n if numbers is None else numbers[n], n) for n in wanted]

    def refresh(self) -> bool:
        """Show what was taken in since; tell whether anything was."""
        size = self._recording.size
        numbers = self._recording.numbers(self.step)
        self._known = self._recording.line_count if numbers is None else len(numbers)
        grown, self._seen = size != self._seen, size
        return grown

    def find(
        self,
        matches: Callable[[bytes], object],
        start: int,
        *,
        backward: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> int | None:
        """Return the number of the nearest line that matches, from `start` on."""
        last = self._known - 1
        order = range(min(start, last), -1, -1) if backward else range(max(0, start), last + 1)
        for number in order:
            if stop():
                return None
            if any(matches(line.text) for line in self.lines(number, 1)):
                return number
        return None

    def close(self) -> None:
        """Let go of it; the recording stays open."""


def _sentence(event: Event, total: int) -> str:
    match event:
        case StepStarted(step=step, text=text):
            return f"\x1b[1mStep {step}/{total} : {' '.join(text.split())}\x1b[0m"
        case StepFailed(message=message):
            return message
        case Failed(message=message, cancelled=cancelled):
            return f"Failed: {message}" if not cancelled else "Cancelled."
        case Warned(text=text):
            return f"Warning: {text}"
        case Shortened(dropped=0):
            return "\x1b[2m[… a long output: its end is shown when the step ends]\x1b[0m"
        case Shortened(dropped=dropped):
            return f"\x1b[2m[… {dropped / 1e6:,.1f} MB left out]\x1b[0m"
        case Tagged(reference=reference):
            return f"\x1b[1mTagged {reference}\x1b[0m"
    return ""


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _ready(watch: Watch, stop: int) -> list[int]:
    import select

    ready = select.select([watch.descriptor, stop], [], [])[0]
    if watch.descriptor in ready:
        os.read(watch.descriptor, 65536)
    return ready
