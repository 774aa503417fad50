"""The log's form on disk: a sequence of frames, one for each read, and a sparse index beside it.

A frame is `FRAME` (time in ns, stream, length) followed by that many bytes. Beside `log` stands `log.index`:
one `MARK` (offset of a frame, its time in ns, newlines before it, frames before it) for every `INDEX_BYTES`
of log, so that a reader finds its place in gigabytes. The index is a convenience: a reader that finds none,
or one cut short, walks the frames from the last good mark.
"""

from __future__ import annotations

import struct

STDIN, STDOUT, STDERR = 0, 1, 2
FRAME = struct.Struct("<QBxxxI")
MARK = struct.Struct("<QQQQ")
INDEX_BYTES = 64 << 10


def index_path(log: str) -> str:
    """Name the index that belongs to a log."""
    return f"{log}.index"
