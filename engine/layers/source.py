"""The bytes of an archive: read in large pieces, hashed beside the reader, counted."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol, Self

from engine.errors import Corrupt, HostileArchive

_CHUNK = 256 * 1024  # stays in the processor's cache until it is hashed and written
_AHEAD = 8


class Stream(Protocol):
    """Whatever can be read from; it may give less than was asked for, and nothing only at its end."""

    def read(self, size: int, /) -> bytes:
        """Give the next bytes."""


class Source:
    """Hand out a stream exactly; more than the stream holds is Corrupt, more than `most` HostileArchive.

    Every byte is also given to `seen`, in order, whether it is taken or skipped.
    """

    def __init__(self, stream: Stream, seen: Callable[[bytes], None] | None = None,
                 most: int = 1 << 62) -> None:
        self._stream = stream
        self._most = most
        self._seen = seen
        self._chunk = memoryview(b"")
        self._at = 0

    def _fill(self) -> bool:
        chunk = self._stream.read(_CHUNK)
        self._most -= len(chunk)
        if self._most < 0:
            raise HostileArchive("the archive is larger than the limit")
        if self._seen is not None and chunk:
            self._seen(chunk)
        self._chunk, self._at = memoryview(chunk), 0
        return bool(chunk)

    def block(self) -> bytes | None:
        """Take one block of 512 bytes, or None at the stream's end."""
        at = self._at
        if at + 512 <= len(self._chunk):
            self._at = at + 512
            return bytes(self._chunk[at : at + 512])
        if at == len(self._chunk) and not self._fill():
            return None
        return self.take(512)

    def take(self, size: int) -> bytes:
        """Take exactly `size` bytes at once; the caller has bounded `size`."""
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Take exactly `size` bytes in pieces."""
        while size:
            at = self._at
            if at == len(self._chunk):
                if not self._fill():
                    raise Corrupt("the archive is cut short")
                at = 0
            end = min(at + size, len(self._chunk))
            self._at = end
            size -= end - at
            yield self._chunk[at:end]

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        for _ in self.pieces(size):
            pass

    def drain(self) -> None:
        """Pass over what is left, whatever it is."""
        while self._fill():
            pass


class Digest:
    """Hash a stream on a thread of its own: hashlib lets other threads run meanwhile."""

    def __init__(self, progress: Callable[[int], None] | None = None) -> None:
        self._sha256 = hashlib.sha256()
        self._waiting: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._run, name="digest", daemon=True)
        self._progress = progress
        self.size = 0

    def _run(self) -> None:
        while (chunk := self._waiting.get()) is not None:
            self._sha256.update(chunk)

    def update(self, chunk: bytes) -> None:
        """Add bytes; waits when the hash is far behind. `progress` hears how many have come so far."""
        self.size += len(chunk)
        self._waiting.put(chunk)
        if self._progress is not None:
            self._progress(self.size)

    def finish(self) -> str:
        """Wait for the hash and write it as `sha256:…`."""
        self._stop()
        return f"sha256:{self._sha256.hexdigest()}"

    def _stop(self) -> None:
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stop()
