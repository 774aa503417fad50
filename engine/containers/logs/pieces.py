"""The files of one log, opened and put in order: as if what was written stood in one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from engine.shim.frames import FRAME, HEAD_BYTES, STDERR, head_of, rotated_path

CHUNK_BYTES = 1 << 20
FRAME_BYTES = FRAME.size
_MOST_FILES = 100_000

Frame = tuple[int, int, int, bytes]
"""Where it ends, time, stream, bytes."""


class Piece(NamedTuple):
    """One file of a log; all its places count from the beginning of the whole log."""

    descriptor: int
    number: int
    """Of its inode."""
    path: str
    start: int
    begin: int
    """Where its first frame of output stands."""
    time_ns: int
    newlines: int
    """Before it."""

    @property
    def end(self) -> int:
        """Where it ends at the moment, perhaps amid a frame."""
        return self.start + os.fstat(self.descriptor).st_size

    @property
    def gone(self) -> bool:
        """Whether it has been dropped."""
        return os.fstat(self.descriptor).st_nlink == 0

    def frames(self, start: int, end: int) -> Iterator[Frame]:
        """Yield every whole frame between two offsets."""
        return frames(self.descriptor, max(start, self.begin), end, self.start)


def frames(descriptor: int, start: int, end: int, base: int = 0) -> Iterator[Frame]:
    """Yield every whole frame between two offsets of a log, from a file whose first byte stands at `base`."""
    unpack = FRAME.unpack_from
    position = start
    while position + FRAME_BYTES <= end:
        data = os.pread(descriptor, min(CHUNK_BYTES, end - position), position - base)
        size = len(data)
        at = 0
        stop = 0
        while at + FRAME_BYTES <= size:
            time_ns, stream, length = unpack(data, at)
            body = at + FRAME_BYTES
            stop = body + length
            if stop > size:
                break
            yield position + stop, time_ns, stream, data[body:stop]
            at = stop
        if not at:
            if position + stop > end or size < FRAME_BYTES:
                return
            data = os.pread(descriptor, stop, position - base)
            yield position + stop, time_ns, stream, data[FRAME_BYTES:]
            at = stop
        position += at


def lost(count: int) -> tuple[int, bytes]:
    """Say that so many bytes of a log were dropped before they were read: a stream and a line."""
    return STDERR, f"[stackyard: {count} bytes of output were dropped before they were read]\n".encode()


def open_piece(path: str) -> Piece | None:
    """Open one file of a log; None if there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    number, before = os.fstat(descriptor).st_ino, head_of(descriptor)
    if before is None:
        return Piece(descriptor, number, path, 0, 0, 0, 0)
    start, time_ns, newlines, _ = before
    return Piece(descriptor, number, path, start, start + HEAD_BYTES, time_ns, newlines)


def open_pieces(path: str, after: int = 0) -> list[Piece]:
    """Open the files of a log that reach behind an offset, the oldest first; a rotation may go on meanwhile.

    From the newest to the oldest: whatever is renamed meanwhile is met again, and known by where it begins.
    One number may be free for a moment, never two.
    """
    found: list[Piece] = []
    free = 0
    for number in range(_MOST_FILES):
        piece = open_piece(rotated_path(path, number))
        if piece is None:
            free += 1
            if free > 1:
                break
            continue
        free = 0
        if found and piece.start >= found[-1].start:
            os.close(piece.descriptor)
            continue
        found.append(piece)
        if piece.start <= after:
            break
    return found[::-1]
