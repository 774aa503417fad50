"""Writing the log: one frame a read, a mark in the index now and then.

A disk that is full must never stop the container: what cannot be written is counted and dropped, and told in
a frame of its own once there is room again. A file that is full is followed by the next one, between two
frames.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

from engine.shim.frames import FRAME, HEAD_BYTES, INDEX_BYTES, MARK, STDERR, head, head_of, index_path
from engine.shim.rotation import ENDLESS, Limits, rotate

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


class LogWriter:
    """The log of one container, opened for appending; a frame that a crash cut short is cut off first."""

    def __init__(
        self, path: str, limits: Limits = ENDLESS, needed: Callable[[int], int] = lambda end: end
    ) -> None:
        """Open it; `needed` tells from which offset on somebody still reads, with the log's end at hand."""
        self._path = path
        self._needed = needed
        self._limits = limits
        self._log = os.open(path, _FLAGS, 0o600)
        self._index = os.open(index_path(path), _FLAGS, 0o600)
        self._offset = self._base = self._marked = self._newlines = self._frames = self._dropped = 0
        self._resume()
        self._size = limits.bytes or sys.maxsize
        self._most = self._size - HEAD_BYTES - FRAME.size
        self._full = self._base + self._size

    @property
    def offset(self) -> int:
        """Where the next frame will stand."""
        return self._offset

    def write(self, stream: int, data: bytes) -> None:
        """Append what was read from one stream."""
        if len(data) > self._most:
            for start in range(0, len(data), self._most):
                self.write(stream, data[start : start + self._most])
            return
        frames: tuple[tuple[int, bytes], ...] = ((stream, data),)
        if self._dropped:
            # It comes with the first output that fits again, or it would fill the disk's last page itself.
            note = f"[stackyard: {self._dropped} bytes of output were lost: the disk was full]\n"
            frames = ((STDERR, note.encode()), *frames)
        self._dropped = 0 if self._append(frames) else self._dropped + len(data)

    def _append(self, frames: Sequence[tuple[int, bytes]]) -> bool:
        """Append frames, all of them or none."""
        now = time.time_ns()
        parts = [part for stream, data in frames for part in (FRAME.pack(now, stream, len(data)), data)]
        size = sum(map(len, parts))
        if self._offset + size > self._full:
            self._rotate(now)
        if self._offset - self._marked >= INDEX_BYTES:
            self._mark(now)
        try:
            written = os.writev(self._log, parts)
        except OSError:
            written = 0
        if written != size:
            self._cut_off()
            return False
        self._offset += size
        self._frames += len(frames)
        self._newlines += sum(data.count(b"\n") for _, data in frames)
        return True

    def _rotate(self, now: int) -> None:
        """Go on in the next file; if that cannot be made, in this one for a while."""
        if self._offset - self._base <= HEAD_BYTES:
            return
        before = head(self._offset, now, self._newlines, self._frames)
        try:
            fresh = rotate(self._path, self._limits.files, before, self._needed(self._offset))
        except OSError:
            self._full = self._offset + INDEX_BYTES
            return
        os.close(self._log)
        self._log, self._base = fresh, self._offset
        self._offset += HEAD_BYTES
        self._full = self._base + self._size
        self._marked = self._offset
        try:
            index = os.open(index_path(self._path), _FLAGS | os.O_TRUNC, 0o600)
        except OSError:
            # Without one, readers walk; the next file may have one again.
            self._marked = sys.maxsize
            return
        os.close(self._index)
        self._index = index

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

    def _cut_off(self) -> None:
        """Let the file end behind the last whole frame."""
        end = self._offset - self._base
        try:
            os.ftruncate(self._log, end)
            os.lseek(self._log, end, os.SEEK_SET)
        except OSError:
            return

    def _resume(self) -> None:
        """Find the end of the last whole frame: from the last mark on, frame by frame."""
        size = os.fstat(self._log).st_size
        before = head_of(self._log)
        if before:
            self._base, _, self._newlines, self._frames = before
            self._offset = self._marked = self._base + HEAD_BYTES
        end = self._base + size
        marks = os.fstat(self._index).st_size // MARK.size * MARK.size
        while marks:
            offset, _, newlines, frames = MARK.unpack(os.pread(self._index, MARK.size, marks - MARK.size))
            if self._offset <= offset <= end:
                self._offset = self._marked = offset
                self._newlines, self._frames = newlines, frames
                break
            marks -= MARK.size
        os.ftruncate(self._index, marks)
        os.lseek(self._index, marks, os.SEEK_SET)
        while self._offset + FRAME.size <= end:
            at = self._offset - self._base
            _, _, length = FRAME.unpack(os.pread(self._log, FRAME.size, at))
            if self._offset + FRAME.size + length > end:
                break
            self._newlines += os.pread(self._log, length, at + FRAME.size).count(b"\n")
            self._offset += FRAME.size + length
            self._frames += 1
        self._cut_off()
