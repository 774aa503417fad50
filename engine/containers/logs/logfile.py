"""A log as numbered lines, readable anywhere: opens gigabytes at their end and keeps no text.

What is kept is a mark for every 64 KiB: its offset, its time, how many newlines stand before it. The shim
writes these beside the log; where they are missing they are made by walking the frames once.
"""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from select import select
from typing import NamedTuple

from engine.containers.logs.loglines import NAMES, Carry, Line
from engine.containers.logs.pieces import Frame, Piece, lost, open_pieces
from engine.kernel.inotify import Watch
from engine.shim.frames import INDEX_BYTES, MARK, index_path

CUT_BYTES = 8192
"""A line for the screen keeps this much of its text."""
REACH = 16
"""Marks to go back for the head of a line that began before the part being read."""
FAR_REACH = 64
"""The same when the line must be whole: a line of more than 4 MiB may lose its head."""
KEPT_PARTS, KEPT_TEXTS = 8, 24


def changes(paths: Iterable[str], stop: int) -> Iterator[None]:
    """Yield at first and each time one of these logs may have grown, until `stop` becomes readable."""
    with Watch(*{os.path.dirname(path) or "." for path in paths}) as watch:
        while not select([stop], [], [], 0)[0]:
            yield
            watch.wait(None, also=(stop,))


class _Part(NamedTuple):
    """The lines that end between one mark and the next."""

    lines: list[Line]
    after: Carry


class LogFile:
    """The lines of one log, in however many files, by number; `refresh` takes in what was written since.

    Numbers and offsets count from the beginning of the whole log, of which the first may be gone. Not for two
    threads at once: each opens its own.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._pieces: list[Piece] = []
        self._index = -1
        self._reset()
        self.refresh()

    def _reset(self) -> None:
        self.end = 0
        """Offset behind the last whole frame that is known."""
        self._newlines = 0
        self._index_read = 0
        self._offsets, self._times, self._before = array("Q", [0]), array("Q", [0]), array("Q", [0])
        self._forget()

    def _forget(self) -> None:
        self._parts: dict[int, _Part] = {}
        self._growing: tuple[int, int, _Part] | None = None
        """The last part, where it ended, and what it held then."""
        self._texts: dict[int, dict[int, tuple[int, bytes]]] = {}

    def close(self) -> None:
        """Let go of the files."""
        for piece in self._pieces:
            os.close(piece.descriptor)
        self._pieces = []
        self._leave_index()

    def __enter__(self) -> LogFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def start(self) -> int:
        """Offset of the first that is still there."""
        return self._offsets[0]

    @property
    def first_line(self) -> int:
        """Number of the first line that is still there."""
        return self._before[0]

    @property
    def line_count(self) -> int:
        """Number after the last line's, unfinished ones included."""
        return self._newlines + len(self._part(len(self._offsets) - 1).after.open())

    def refresh(self, keep: int | None = None) -> bool:
        """Take in what has been written since; tell whether anything has.

        What was dropped meanwhile is let go of, but for what stands behind the offset `keep`.
        """
        known = self.end
        # Asked before reading, so that no file is left before its end is known.
        if self._rotated():
            self._open()
            self._drop(keep)
        elif self._pieces and self._pieces[-1].end < self.end:
            self._reset()
        if self._pieces:
            self._take(self._pieces[-1])
        return self.end != known

    def _rotated(self) -> bool:
        try:
            return not self._pieces or os.stat(self.path).st_ino != self._pieces[-1].number
        except FileNotFoundError:
            return False

    def _open(self) -> None:
        """Open the files that are new, and read all but the newest of them."""
        opened = open_pieces(self.path, self.end)
        while opened and self._pieces and opened[0].start <= self._pieces[-1].start:
            os.close(opened.pop(0).descriptor)
        for piece in opened:
            if self._pieces:
                self._take(self._pieces[-1])
            else:
                self._offsets[0], self._times[0], self._before[0] = piece.start, 0, piece.newlines
            self._leave_index()
            if self._pieces and piece.start > self._offsets[-1]:
                self._mark(piece.start, piece.time_ns, piece.newlines)
            self._pieces.append(piece)
            self.end, self._newlines = piece.start, piece.newlines

    def _take(self, piece: Piece) -> None:
        """Take in what one file holds behind what is known."""
        size = piece.end
        self._read_index(piece, size)
        for end, time_ns, _, payload in piece.frames(self.end, size):
            if self.end - self._offsets[-1] >= INDEX_BYTES:
                self._mark(self.end, time_ns, self._newlines)
            self._newlines += payload.count(b"\n")
            self.end = end

    def _drop(self, keep: int | None) -> None:
        """Let go of the first files, once they are gone and nobody has to read them any more."""
        count = 0
        for piece, following in pairwise(self._pieces):
            if not piece.gone or (keep is not None and keep < following.start):
                break
            os.close(piece.descriptor)
            count += 1
        if count:
            del self._pieces[:count]
            first = bisect_left(self._offsets, self._pieces[0].start)
            for marks in (self._offsets, self._times, self._before):
                del marks[:first]
            self._forget()

    def _read_index(self, piece: Piece, size: int) -> None:
        """Take over the shim's marks in one file that are new and whole."""
        if self._index < 0:
            try:
                self._index = os.open(index_path(piece.path), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return
        there = os.fstat(self._index).st_size - self._index_read
        data = os.pread(self._index, there - there % MARK.size, self._index_read) if there > 0 else b""
        self._index_read += len(data)
        for offset, time_ns, newlines, _ in MARK.iter_unpack(data):
            if max(self._offsets[-1], piece.begin) < offset <= size and newlines >= self._before[-1]:
                self._mark(offset, time_ns, newlines)
        if self._offsets[-1] > self.end:
            self.end, self._newlines = self._offsets[-1], self._before[-1]

    def _leave_index(self) -> None:
        if self._index >= 0:
            os.close(self._index)
        self._index, self._index_read = -1, 0

    def _mark(self, offset: int, time_ns: int, newlines: int) -> None:
        self._offsets.append(offset)
        self._times.append(time_ns)
        self._before.append(newlines)

    def frames(self, start: int, *, told: bool = False) -> Iterator[Frame]:
        """Yield every whole frame from an offset on; `told`: also what was dropped before it was read."""
        for piece in self._pieces:
            if piece.start > start and told:
                yield piece.start, piece.time_ns, *lost(piece.start - start)
            end = self.end if piece is self._pieces[-1] else piece.end
            if end > start:
                yield from piece.frames(start, end)
                start = end

    def _frames(self, part: int) -> Iterator[Frame]:
        last = part + 1 == len(self._offsets)
        return self._between(self._offsets[part], self.end if last else self._offsets[part + 1])

    def _between(self, start: int, end: int) -> Iterator[Frame]:
        for piece in self._pieces:
            if piece.start < end and start < piece.end:
                yield from piece.frames(start, min(end, piece.end))

    def place(self, line: int) -> tuple[int, int, Carry]:
        """Name an offset before a line's end, the first line that ends behind it, and what is open there."""
        part = self._part_of(line)
        return self._offsets[part], self._before[part], self._carry(part, FAR_REACH)

    def place_of_time(self, time_ns: int) -> tuple[int, int, Carry]:
        """The same for the first line at or after a time."""
        part = max(0, bisect_left(self._times, time_ns) - 1)
        return self._offsets[part], self._before[part], self._carry(part, FAR_REACH)

    def line_at(self, time_ns: int) -> int:
        """Name the first line that ended at a time or later."""
        for part in range(max(0, bisect_left(self._times, time_ns) - 1), len(self._offsets)):
            number = self._before[part]
            for _, came, _, payload in self._frames(part):
                newlines = payload.count(b"\n")
                if came >= time_ns and newlines:
                    return number
                number += newlines
        return self._newlines

    def lines(self, start: int, count: int) -> list[Line]:
        """Return up to `count` lines from number `start` on; reads little more than these."""
        found: list[Line] = []
        start = max(self.first_line, start)
        part = self._part_of(start)
        while part < len(self._offsets) and len(found) < count:
            lines = self._part(part).lines
            skip = max(0, start - self._before[part])
            found.extend(lines[skip : skip + count - len(found)])
            part += 1
        if len(found) < count and part == len(self._offsets):
            found.extend(line for line in self._unfinished() if line.number >= start)
        return found[:count]

    def tail(self, count: int) -> list[Line]:
        """Return the last `count` lines."""
        return self.lines(max(0, self.line_count - count), count)

    def find(
        self,
        matches: Callable[[bytes], object],
        start: int,
        *,
        backward: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> int | None:
        """Return the number of the first line at or after (`backward`: at or before) `start` that matches.

        `matches` is asked about many lines at once first, joined by newlines, and must then be true if it is
        for one of them.
        """
        if backward:
            for line in reversed(self._unfinished()):
                if line.number <= start and matches(line.text):
                    return line.number
        first = self._part_of(max(self.first_line, min(start, self._newlines)))
        for part in range(first, -1, -1) if backward else range(first, len(self._offsets)):
            if stop():
                return None
            if not matches(self._text(part)):
                continue
            lines = self._part(part).lines
            for line in reversed(lines) if backward else lines:
                if (line.number <= start if backward else line.number >= start) and matches(line.text):
                    return line.number
        if not backward:
            for line in self._unfinished():
                if line.number >= start and matches(line.text):
                    return line.number
        return None

    def _part_of(self, line: int) -> int:
        """Name the part in which a line ends (the last part for one that has not ended)."""
        return min(bisect_right(self._before, line), len(self._before)) - 1

    def _text(self, part: int) -> bytes:
        """Join what a part's lines say, with the heads that stand before it, without naming the lines."""
        heads = {stream: text for _, stream, text in self._carry(part, REACH).open()}
        return b"\n".join(heads.get(stream, b"") + text for stream, (_, text) in self._joined(part).items())

    def _joined(self, part: int) -> dict[int, tuple[int, bytes]]:
        """Put together what each stream says in a finished part, with the time of the last of it."""
        last = part + 1 == len(self._offsets)
        found = None if last else self._texts.pop(part, None)
        if found is None:
            pieces: dict[int, list[bytes]] = {}
            times: dict[int, int] = {}
            for _, time_ns, stream, payload in self._frames(part):
                pieces.setdefault(stream, []).append(payload)
                times[stream] = time_ns
            found = {stream: (times[stream], b"".join(texts)) for stream, texts in pieces.items()}
        if not last:
            self._texts[part] = found
            if len(self._texts) > KEPT_TEXTS:
                del self._texts[next(iter(self._texts))]
        return found

    def _part(self, part: int) -> _Part:
        if part + 1 == len(self._offsets):
            return self._last_part(part)
        found = self._parts.pop(part, None)
        if found is None:
            found = _Part([], self._carry(part, REACH))
            self._split(found, self._before[part], self._frames(part))
        self._parts[part] = found
        if len(self._parts) > KEPT_PARTS:
            del self._parts[next(iter(self._parts))]
        return found

    def _last_part(self, part: int) -> _Part:
        """Read on in the part that grows, from where it was left."""
        if self._growing and self._growing[:2] == (part, self.end):
            return self._growing[2]
        if self._growing and self._growing[0] == part and self._growing[1] < self.end:
            _, start, found = self._growing
        else:
            start, found = self._offsets[part], _Part([], self._carry(part, REACH))
        self._split(found, self._before[part], self._between(start, self.end))
        self._growing = part, self.end, found
        return found

    def _split(self, part: _Part, before: int, frames: Iterator[Frame]) -> None:
        """Add the lines of more frames to a part, before which there are so many lines."""
        number = before + len(part.lines)
        for _, time_ns, stream, payload in frames:
            block = part.after.feed(time_ns, stream, payload)
            if not block:
                continue
            name = NAMES.get(stream, "stdout")
            for text in block.split(b"\n")[:-1]:
                part.lines.append(Line(number, time_ns, name, text[:CUT_BYTES]))
                number += 1

    def _unfinished(self) -> list[Line]:
        after = self._part(len(self._offsets) - 1).after.open()
        return [
            Line(self._newlines + place, time_ns, NAMES.get(stream, "stdout"), text[:CUT_BYTES], False)
            for place, (time_ns, stream, text) in enumerate(after)
        ]

    def _carry(self, part: int, reach: int) -> Carry:
        """Collect what stands unfinished before a part, looking back as far as `reach` parts."""
        carry = Carry()
        for stream in NAMES:
            tails: list[tuple[int, bytes]] = []
            for before in range(part - 1, max(-1, part - 1 - reach), -1):
                time_ns, text = self._joined(before).get(stream, (0, b""))
                cut = text.rfind(b"\n") + 1
                if text:
                    tails.append((time_ns, text[cut:]))
                if cut:
                    break
            for time_ns, text in reversed(tails):
                carry.feed(time_ns, stream, text)
        return carry
