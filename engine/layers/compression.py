"""Decompression by what the bytes are, never by what their name says; memory stays bounded."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, Protocol, cast

from engine.errors import Corrupt, HostileArchive

_PIECE = 1 << 20
_XZ_MEMORY = 128 << 20
_BUFFER = 64 << 10

_MAGIC = (
    ("gzip", b"\x1f\x8b\x08"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    ("bzip2", b"BZh"),
    ("xz", b"\xfd7zXZ\x00"),
)
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
HEAD = 6
"""The bytes that are enough to tell a compression."""


def compression_of(head: bytes) -> str:
    """Name the compression of a stream that begins with `head`: gzip, zstd, bzip2, xz or plain."""
    for name, magic in _MAGIC:
        if head.startswith(magic):
            return name
    if head[1:4] == _ZSTD_SKIPPABLE and head[:1] and head[0] & 0xF0 == 0x50:
        return "zstd"
    return "plain"


def decompressed(stream: BinaryIO) -> BinaryIO:
    """Read a stream through the compression it turns out to have; a plain one is read as it is.

    Reads raise Corrupt when the compressed bytes are damaged or cut short, and HostileArchive when they ask
    for more memory than any layer needs. Closing the result leaves `stream` open.
    """
    head = b""
    while len(head) < HEAD and (more := stream.read(HEAD - len(head))):
        head += more
    kind = compression_of(head)
    if kind == "zstd":
        from engine.layers.zstd import Zstd

        return io.BufferedReader(Zstd(stream, head), _BUFFER)
    return io.BufferedReader(_Members(stream, head, kind), _BUFFER)


class Codec(Protocol):
    """One member of a compressed stream, as bz2, lzma and isal all have it."""

    @property
    def eof(self) -> bool:
        """Tell that the member has ended."""

    @property
    def unused_data(self) -> bytes:
        """Give what came after the member's end."""

    @property
    def needs_input(self) -> bool:
        """Tell that nothing more comes out until more goes in."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Decompress, to at most `max_length` bytes."""


class _Members(io.RawIOBase):
    """Members of one compression, end to end; zero bytes may fill up the end, as in gzip on tape."""

    def __init__(self, stream: BinaryIO, head: bytes, kind: str) -> None:
        self._stream = stream
        self._waiting = head
        self._kind = kind
        self._new, self._failures = _codec(kind)
        self._codec: Codec | None = None
        self._first = True

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill `buffer` with at most its own size; 0 is the end."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self._plain(len(view)) if self._new is None else self._next(len(view))
        view[: len(data)] = data
        return len(data)

    def _plain(self, most: int) -> bytes:
        data = self._waiting[:most] or self._stream.read(most)
        self._waiting = self._waiting[most:]
        return data

    def _next(self, most: int) -> bytes:
        while True:
            codec = self._codec
            if codec is None:
                codec = self._begin()
                if codec is None:
                    return b""
            data = self._waiting
            self._waiting = b""
            if not data and codec.needs_input:
                data = self._stream.read(_PIECE)
                if not data:
                    raise Corrupt(f"the {self._kind} stream is cut short")
            out = self._decompress(codec, data, most)
            if codec.eof:
                self._waiting, self._codec = codec.unused_data, None
            if out:
                return out

    def _begin(self) -> Codec | None:
        """Begin the next member, or tell that there is none."""
        while not (data := self._waiting.lstrip(b"\0") if not self._first else self._waiting):
            self._waiting = self._stream.read(_PIECE)
            if not self._waiting:
                return None
        while len(data) < HEAD and (more := self._stream.read(HEAD - len(data))):
            data += more
        if compression_of(data) != self._kind:
            raise Corrupt(f"something else follows the {self._kind} stream")
        self._waiting, self._first = data, False
        assert self._new is not None
        self._codec = self._new()
        return self._codec

    def _decompress(self, codec: Codec, data: bytes, most: int) -> bytes:
        try:
            return codec.decompress(data, most)
        except MemoryError as error:
            raise HostileArchive(f"the {self._kind} stream asks for too much memory") from error
        except self._failures as error:
            if "emory" in str(error):
                raise HostileArchive(f"the {self._kind} stream asks for too much memory") from error
            raise Corrupt(f"the {self._kind} stream is damaged", details=str(error)) from error


def _codec(kind: str) -> tuple[Callable[[], Codec] | None, tuple[type[Exception], ...]]:
    """Import what the compression needs, and only that."""
    if kind == "gzip":
        from isal import igzip_lib

        # the stubs call the class an instance
        flag, damaged = igzip_lib.DECOMP_GZIP, cast("type[Exception]", igzip_lib.error)
        return (lambda: igzip_lib.IgzipDecompressor(flag=flag)), (damaged, EOFError)
    if kind == "bzip2":
        import bz2

        return bz2.BZ2Decompressor, (OSError, ValueError, EOFError)
    if kind == "xz":
        import lzma

        failures = (lzma.LZMAError, EOFError)
        return (lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)), failures
    return None, ()
