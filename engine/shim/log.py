"""Writing the log: one frame a read, a mark in the index now and then.

A disk that is full must never stop the container: what cannot be written is counted and dropped, and told in
a frame of its own once there is room again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from engine.shim.frames import FRAME, INDEX_BYTES, MARK, STDERR, index_path


class LogWriter:
    """The log of one container, opened for appending; a frame that a crash cut short is cut off first."""

    def __init__(self, path: str) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._log = os.open(path, flags, 0o600)
        self._index = os.open(index_path(path), flags, 0o600)
        self._offset = self._marked = self._newlines = self._frames = self._dropped = 0
        self._resume()

    @property
    def offset(self) -> int:
        """Where the next frame will stand."""
        return self._offset

    def write(self, stream: int, data: bytes) -> None:
        """Append what was read from one stream."""
        frames: tuple[tuple[int, bytes], ...] = ((stream, data),)
        if self._dropped:
            # It comes with the first output that fits again, or it would fill the disk's last page itself.
            note = f"[stackyard: {self._dropped} bytes of output were lost: the disk was full]\n"
            frames = ((STDERR, note.encode()), *frames)
        self._dropped = 0 if self._append(frames) else self._dropped + len(data)

    def _append(self, frames: Sequence[tuple[int, bytes]]) -> bool:
        """Append frames, all of them or none."""
        now = time.time_ns()
        if self._offset - self._marked >= INDEX_BYTES:
            self._mark(now)
        parts = [part for stream, data in frames for part in (FRAME.pack(now, stream, len(data)), data)]
        size = sum(map(len, parts))
        try:
            written = os.writev(self._log, parts)
        except OSError:
            written = 0
        if written != size:
            self._forget_partial()
            return False
        self._offset += size
        self._frames += len(frames)
        self._newlines += sum(data.count(b"\n") for _, data in frames)
        return True

    def _mark(self, now: int) -> None:
        mark = MARK.pack(self._offset, now, self._newlines, self._frames)
        try:
            written = os.write(self._index, mark)
        except OSError:
            return
        if written == len(mark):
            self._marked = self._offset
        else:
            # Half a mark would put every later one out of place.
            end = os.lseek(self._index, -written, os.SEEK_CUR)
            os.ftruncate(self._index, end)

    def _forget_partial(self) -> None:
        try:
            os.ftruncate(self._log, self._offset)
            os.lseek(self._log, self._offset, os.SEEK_SET)
        except OSError:
            return

    def _resume(self) -> None:
        """Find the end of the last whole frame: from the last mark on, frame by frame."""
        size = os.fstat(self._log).st_size
        marks = os.fstat(self._index).st_size // MARK.size * MARK.size
        while marks:
            offset, _, newlines, frames = MARK.unpack(os.pread(self._index, MARK.size, marks - MARK.size))
            if offset <= size:
                self._offset = self._marked = offset
                self._newlines, self._frames = newlines, frames
                break
            marks -= MARK.size
        os.ftruncate(self._index, marks)
        os.lseek(self._index, marks, os.SEEK_SET)
        while self._offset + FRAME.size <= size:
            _, _, length = FRAME.unpack(os.pread(self._log, FRAME.size, self._offset))
            if self._offset + FRAME.size + length > size:
                break
            self._newlines += os.pread(self._log, length, self._offset + FRAME.size).count(b"\n")
            self._offset += FRAME.size + length
            self._frames += 1
        os.ftruncate(self._log, self._offset)
        os.lseek(self._log, self._offset, os.SEEK_SET)
