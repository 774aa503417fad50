"""The log's form on disk: a sequence of frames, one for each read, and a sparse index beside it.

A frame is `FRAME` (time in ns, stream, length) followed by that many bytes. Beside `log` stands `log.index`:
one `MARK` (offset of a frame, its time in ns, newlines before it, frames before it) for every `INDEX_BYTES`
of log, so that a reader finds its place in gigabytes. The index is a convenience: a reader that finds none,
or one cut short, walks the frames from the last good mark.

A log that was rotated goes on in several files: `log` is the newest, `log.1` the one before it, and so on.
Offsets, newlines and frames count from the beginning of the whole log, whatever of it is still there. Each
file but the very first begins with a frame of the stream `HEAD` that is no output: its `MARK` says how much
was written before the file. The next file therefore begins where the file before it ends.
"""

from __future__ import annotations

import os
import struct

STDIN, STDOUT, STDERR, HEAD = 0, 1, 2, 3
FRAME = struct.Struct("<QBxxxI")
MARK = struct.Struct("<QQQQ")
HEAD_BYTES = FRAME.size + MARK.size
INDEX_BYTES = 64 << 10


def index_path(log: str) -> str:
    """Name the index that belongs to a log."""
    return f"{log}.index"


def rotated_path(log: str, number: int) -> str:
    """Name the file that was rotated so many times; 0 is the newest."""
    return f"{log}.{number}" if number else log


def head(offset: int, time_ns: int, newlines: int, count: int) -> bytes:
    """Write the frame that a file begins with: what was written before it, in bytes, newlines, frames."""
    return FRAME.pack(time_ns, HEAD, MARK.size) + MARK.pack(offset, time_ns, newlines, count)


def place_of(head: bytes) -> int:
    """Read from such a frame where the file begins."""
    place: int = MARK.unpack_from(head, FRAME.size)[0]
    return place


def head_of(descriptor: int) -> tuple[int, int, int, int] | None:
    """Read what stands before a log's file: bytes, time, newlines, frames; None: it is the very first."""
    data = os.pread(descriptor, HEAD_BYTES, 0)
    if len(data) < HEAD_BYTES or FRAME.unpack_from(data)[1] != HEAD:
        return None
    offset, time_ns, newlines, count = MARK.unpack_from(data, FRAME.size)
    return offset, time_ns, newlines, count
