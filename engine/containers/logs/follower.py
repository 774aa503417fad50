"""What a container prints, as it is, from some place in its log on; never waits."""

from __future__ import annotations

import os

from engine.containers.logs.pieces import lost, open_pieces
from engine.shim.frames import MARK, index_path

_MOST_BYTES = 1 << 20
"""What is handed over at once, or a little more."""
AHEAD_BYTES = 256 << 20
"""So much that was not read yet is held open, though it is dropped meanwhile."""


class Follower:
    """A place in a log that moves on with what is read; the files behind it are held open until then."""

    def __init__(self, path: str, offset: int = 0) -> None:
        """Begin at a frame's offset. Raises FileNotFoundError."""
        self._path = path
        self._offset = offset
        self._pieces = open_pieces(path, offset)
        if not self._pieces:
            raise FileNotFoundError(path)

    @property
    def offset(self) -> int:
        """Behind what was read."""
        return self._offset

    @classmethod
    def recent(cls, path: str, offset: int, count: int) -> Follower:
        """Begin about so many bytes before a frame's offset, as the indexes allow."""
        wanted, start = max(0, offset - count), offset
        pieces = open_pieces(path, wanted)
        for piece in pieces[::-1]:
            os.close(piece.descriptor)
            start = min(start, max(piece.begin, _marked(piece.path, wanted, offset)))
        return cls(path, start)

    def read(self) -> list[tuple[int, bytes]]:
        """Return what has come since: the stream and the bytes, what one stream printed in a row as one."""
        size, output = 0, list[tuple[int, list[bytes]]]()
        # Before reading: once there is a next file, nothing is written into this one any more.
        self._look_ahead()
        while size <= _MOST_BYTES:
            piece = self._pieces[0]
            if piece.start > self._offset:
                stream, note = lost(piece.start - self._offset)
                output.append((stream, [note]))
            for end, _, stream, data in piece.frames(self._offset, piece.end):
                if not output or output[-1][0] != stream:
                    output.append((stream, []))
                output[-1][1].append(data)
                self._offset, size = end, size + len(data)
                if size > _MOST_BYTES:
                    break
            else:
                self._offset = max(self._offset, piece.begin)
                if not self._turn():
                    break
        return [(stream, b"".join(parts)) for stream, parts in output]

    def close(self) -> None:
        """Let go of the log."""
        for piece in self._pieces:
            os.close(piece.descriptor)
        self._pieces = []

    def _turn(self) -> bool:
        """Go on in the next file; tell whether there is one."""
        if len(self._pieces) < 2:
            return False
        os.close(self._pieces.pop(0).descriptor)
        if len(self._pieces) == 1:
            self._look_ahead()
        return True

    def _look_ahead(self) -> None:
        """Open the files that have come since."""
        newest = self._pieces[-1]
        if newest.start - self._offset > AHEAD_BYTES:
            return
        try:
            if os.stat(self._path).st_ino == newest.number:
                return
        except FileNotFoundError:
            return
        for piece in open_pieces(self._path, newest.start):
            if piece.start > newest.start:
                self._pieces.append(piece)
            else:
                os.close(piece.descriptor)


def _marked(path: str, wanted: int, otherwise: int) -> int:
    """Find the last marked offset that is not behind the wanted one; -1 if there is none."""
    try:
        with open(index_path(path), "rb") as index:
            marks = index.read()
    except FileNotFoundError:
        return otherwise
    places = [mark[0] for mark in MARK.iter_unpack(marks[: len(marks) // MARK.size * MARK.size])]
    return max((place for place in places if place <= wanted), default=-1)
