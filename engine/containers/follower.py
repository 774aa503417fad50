"""What a container prints, as it is, from some place in its log on; never waits."""

from __future__ import annotations

import os

from engine.containers.logfile import frames
from engine.shim.frames import MARK, index_path

_MOST_BYTES = 1 << 20
"""What is handed over at once, or a little more."""


class Follower:
    """A place in a log that moves on with what is read."""

    def __init__(self, path: str, offset: int = 0) -> None:
        """Begin at a frame's offset."""
        self._log = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._offset = offset

    @classmethod
    def recent(cls, path: str, offset: int, count: int) -> Follower:
        """Begin about so many bytes before a frame's offset, as the index allows."""
        start = 0
        try:
            with open(index_path(path), "rb") as index:
                for place, *_ in MARK.iter_unpack(_whole(index.read())):
                    if place <= offset - count:
                        start = place
        except FileNotFoundError:
            start = offset
        return cls(path, start)

    def read(self) -> list[tuple[int, bytes]]:
        """Return what has come since: the stream and the bytes, what one stream printed in a row as one."""
        size, output = 0, list[tuple[int, list[bytes]]]()
        for end, _, stream, data in frames(self._log, self._offset, os.fstat(self._log).st_size):
            if not output or output[-1][0] != stream:
                output.append((stream, []))
            output[-1][1].append(data)
            self._offset, size = end, size + len(data)
            if size > _MOST_BYTES:
                break
        return [(stream, b"".join(parts)) for stream, parts in output]

    def close(self) -> None:
        """Let go of the log."""
        os.close(self._log)


def _whole(marks: bytes) -> bytes:
    return marks[: len(marks) // MARK.size * MARK.size]
