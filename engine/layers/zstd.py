"""Reading zstd: any number of frames, bounded, and sure of the end (RFC 8878, section 3.1)."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

import zstandard

from engine.errors import Corrupt, HostileArchive

_WINDOW = 128 << 20
_PIECE = 256 << 10
_SKIPPABLE = b"\x2a\x4d\x18"


class Zstd(io.RawIOBase):
    """Decompress frames end to end; a stream that stops inside a frame is Corrupt.

    The library ends quietly there, so the frames are counted out as their bytes pass by.
    """

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        frames = _Frames(stream, head)
        codec = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._frames = frames
        source = cast("BinaryIO", frames)  # all the library calls is read
        self._reader = codec.stream_reader(source, read_size=_PIECE, read_across_frames=True, closefd=False)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill `buffer` with at most its own size; 0 is the end."""
        try:
            size = int(self._reader.readinto(buffer))
        except (zstandard.ZstdError, MemoryError) as error:
            if "memory" in str(error).lower() or isinstance(error, MemoryError):
                raise HostileArchive("the zstd stream asks for too much memory") from error
            raise Corrupt("the zstd stream is damaged", details=str(error)) from error
        if not size and len(memoryview(buffer)) and not self._frames.whole:  # type: ignore[arg-type]
            raise Corrupt("the zstd stream is cut short")
        return size


class _Frames:
    """Pass a stream through and follow its frames: `whole` is true between two of them."""

    def __init__(self, stream: BinaryIO, head: bytes) -> None:
        self._stream = stream
        self._head = head
        self._held = b""
        self._skip = 0
        self._inside = False
        self._checksum = 0

    @property
    def whole(self) -> bool:
        return not (self._held or self._skip or self._inside)

    def read(self, size: int) -> bytes:
        data = self._head or self._stream.read(size)
        self._head = b""
        self._follow(data)
        return data

    def _follow(self, data: bytes) -> None:
        data = self._held + data
        at, end = 0, len(data)
        while True:
            step = min(self._skip, end - at)
            at += step
            self._skip -= step
            if self._skip or at == end:
                break
            used = self._block(data, at) if self._inside else self._frame(data, at)
            if not used:
                break
            at += used
        self._held = data[at:]

    def _frame(self, data: bytes, at: int) -> int:
        """Read a frame's header; 0 when it has not all come."""
        if len(data) - at < 8:
            return 0
        if data[at + 1 : at + 4] == _SKIPPABLE:
            self._skip = int.from_bytes(data[at + 4 : at + 8], "little")
            return 8
        flags = data[at + 4]
        single, content = flags >> 5 & 1, flags >> 6
        self._skip = (not single) + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[content]
        self._checksum = 4 * (flags >> 2 & 1)
        self._inside = True
        return 5

    def _block(self, data: bytes, at: int) -> int:
        """Read a block's header; 0 when it has not all come."""
        if len(data) - at < 3:
            return 0
        header = int.from_bytes(data[at : at + 3], "little")
        self._skip = 1 if header >> 1 & 3 == 1 else header >> 3
        if header & 1:
            self._inside = False
            self._skip += self._checksum
        return 3
