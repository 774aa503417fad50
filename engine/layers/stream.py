"""The bytes of a layer's tar on their way to the hash, and to a file where one is wanted."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from engine.layers.source import Digest

PIECE = 512 << 10
"""Bytes that are gathered before they go on: a hash told of every header would spend its time listening."""


class Packed(NamedTuple):
    """What was packed."""

    diff_id: str
    size: int
    """Bytes of files and links, each inode once, as docker counts a layer."""
    tar_size: int


class Stream:
    """Gather pieces in order and hand them on in large ones."""

    def __init__(self, digest: Digest, out: BinaryIO | None = None) -> None:
        self._digest = digest
        self._out = out
        self._pieces: list[bytes] = []
        self._length = 0
        self.size = 0
        """Bytes of files and links so far; whoever writes counts."""

    def write(self, piece: bytes) -> None:
        """Add bytes."""
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length >= PIECE:
            self._flush()

    def write_all(self, pieces: list[bytes], length: int) -> None:
        """Add many pieces at once; `length` is that of all together."""
        self._pieces += pieces
        self._length += length
        if self._length >= PIECE:
            self._flush()

    def data(self, piece: bytes) -> None:
        """Add a file's whole data, filled up to a block."""
        self.write(piece)
        if len(piece) % 512:
            self.write(bytes(-len(piece) % 512))

    def finish(self) -> Packed:
        """Add the end marker, and tell what it all came to."""
        self.write(bytes(1024))
        self._flush()
        return Packed(self._digest.finish(), self.size, self._digest.size)

    def _flush(self) -> None:
        chunk = b"".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        if not chunk:
            return
        self._digest.update(chunk)
        if self._out is None:
            return
        view = memoryview(chunk)
        while view:
            written = self._out.write(view)
            view = view[len(view) if written is None else written :]
