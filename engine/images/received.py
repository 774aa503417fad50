"""A stream on its way in: counted, reported, and kept in a blob while somebody else reads it."""

from __future__ import annotations

import io
from typing import BinaryIO

from engine.images.records import Progress, Report
from engine.store.ingest import BlobWriter

_CHUNK = 1 << 20


class Received(io.RawIOBase, BinaryIO):
    """Read a stream once; every byte that is read is also written to the blob given to `keep`."""

    def __init__(self, stream: BinaryIO, report: Report, phase: str, total: int) -> None:
        self._stream = stream
        self._report = report
        self._phase = phase
        self._total = total
        self._head = b""
        self._count = 0
        self._writer: BlobWriter | None = None

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def peek(self, size: int = 1024) -> bytes:
        """Look at the first bytes without taking them."""
        while len(self._head) < size and (piece := self._stream.read(size - len(self._head))):
            self._head += piece
        return self._head

    def keep(self, writer: BlobWriter) -> None:
        """Write to a blob whatever is read from now on."""
        self._writer = writer

    def read(self, size: int = -1) -> bytes:
        """Take the next bytes; with a negative size, all that is left."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._stream.read(size)
        if data:
            self._count += len(data)
            if self._writer is not None:
                self._writer.write(data)
            self._report(Progress(self._phase, self._count, self._total))
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Take the next bytes into a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        """Take what is left: padding behind a compressed stream belongs to the blob too."""
        while self.read(_CHUNK):
            pass
