"""Receiving a blob: into a file, verified, resumed after a cut, and readable while it grows."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from hashlib import sha256
from typing import BinaryIO

import httpx

from engine.errors import Corrupt, NoSpace, Unreachable, from_os
from engine.oci.descriptor import Descriptor
from engine.registry.partial import Partial
from engine.registry.session import Session

_CHUNK = 1 << 20


class Stale(Corrupt):
    """What an earlier attempt had left of a blob was of no use, and is gone: the next may well succeed."""


class Arrival:
    """A blob on its way in; `receive` fills it, and any number of `reader`s follow."""

    def __init__(self, partial: Partial, descriptor: Descriptor) -> None:
        self.partial = partial
        self.descriptor = descriptor
        self._changed = threading.Condition()
        self._here = 0
        self._complete = False
        self._resumed = False
        self._failure: BaseException | None = None
        self._file = -1

    def receive(
        self, session: Session, repository: str, progress: Callable[[int], None], keep: Callable[[str], None]
    ) -> None:
        """Fetch what is missing and verify the whole; give the file to `keep` before anybody may change it.

        `progress` hears the bytes that are here and may raise to stop. Raises Corrupt, NoSpace, Unreachable,
        NotFound, Denied, Cancelled; what has come stays for the next time, unless it is of no use.
        """
        try:
            self.partial.acquire(session.cancellation)
            try:
                self._file = self.partial.open()
                self._receive(session, repository, progress)
                keep(self.partial.path)
            except Corrupt as error:
                raise self.spoiled(error) from error
            except NoSpace:
                self.partial.remove()
                raise
            finally:
                self.partial.release()
        except BaseException as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()
            raise
        with self._changed:
            self._complete = True
            self._changed.notify_all()

    def spoiled(self, error: Corrupt) -> Corrupt:
        """Delete what is here; tell whether the registry is to blame or what was here before."""
        self.partial.remove()
        return Stale(error.brief, details=error.details) if self._resumed else error

    def fail(self, error: BaseException) -> None:
        """Tell whoever reads that nothing more will come."""
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def reader(self, progress: Callable[[int], None]) -> BinaryIO:
        """Open the blob from its beginning; reads wait for bytes that are to come, and raise what went wrong.

        Its end is reached only when the whole is verified, and only from then on `progress` hears how far it
        is read: before, it is the arrival that counts.
        """
        return io.BufferedReader(_Reader(self, progress), _CHUNK)

    @property
    def complete(self) -> bool:
        """Tell whether all is here and verified."""
        return self._complete

    def read_into(self, buffer: memoryview, position: int) -> int:
        """Read at `position`, once there is something; 0 is the end."""
        with self._changed:
            while self._here <= position and not self._complete:
                if self._failure is not None:
                    raise Unreachable("the layer did not arrive") from self._failure
                self._changed.wait()
            here = self._here
        return os.preadv(self._file, [buffer[: here - position]], position)

    def close(self) -> None:
        """Close the file, once nobody reads any more."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _receive(self, session: Session, repository: str, progress: Callable[[int], None]) -> None:
        try:
            with open(self._file, "r+b", buffering=0, closefd=False) as file:
                fetching = _Fetching(file, self.descriptor, session.cancellation.check)
                fetching.resume(self._advance)
                self._resumed = fetching.count > 0
                path = f"/v2/{repository}/blobs/{self.descriptor.digest}"

                def come(count: int) -> None:
                    self._advance(count)
                    progress(count)

                for attempt in range(session.manner.attempts):
                    try:
                        fetching.fetch(session, path, come)
                        break
                    except Unreachable:
                        if attempt + 1 == session.manner.attempts:
                            raise
                        session.patience(attempt)
                fetching.verify()
        except OSError as error:
            raise from_os(error, "cannot write to the store") from error

    def _advance(self, count: int) -> None:
        with self._changed:
            self._here = count
            self._changed.notify_all()


class _Fetching:
    """The bytes of one blob: where we are, and what they hash to so far."""

    def __init__(self, file: io.FileIO, descriptor: Descriptor, check: Callable[[], None]) -> None:
        self._file = file
        self._hash = sha256()
        self._descriptor = descriptor
        self._check = check
        self.count = 0

    def resume(self, advance: Callable[[int], None]) -> None:
        """Read what an earlier attempt has left."""
        while piece := self._file.read(_CHUNK):
            self._check()
            self._hash.update(piece)
            self.count += len(piece)
        if self.count > self._descriptor.size:
            raise Corrupt(f"blob {self._descriptor.digest} is longer than {self._descriptor.size} bytes")
        advance(self.count)

    def fetch(self, session: Session, path: str, progress: Callable[[int], None]) -> None:
        """Ask for the rest; whoever does not know of ranges sends all, and what is here is passed over."""
        if self.count == self._descriptor.size:
            return
        start = self.count
        headers = {"Range": f"bytes={start}-"} if start else {}
        with session.open("GET", path, headers=headers, good=(200, 206)) as response:
            skip = start if response.status_code == 200 else 0
            if response.status_code == 206 and not _begins(response, start):
                raise Corrupt(f"{session.door.host} sent another range than it was asked for")
            for piece in response.iter_raw():
                self._check()
                if skip:
                    skip, piece = max(0, skip - len(piece)), piece[skip:]
                if piece:
                    self._take(piece)
                    progress(self.count)
        if self.count < self._descriptor.size:
            raise Unreachable(
                f"{session.door.host} sent {self.count} of {self._descriptor.size} bytes of a layer"
            )

    def _take(self, piece: bytes) -> None:
        if self.count + len(piece) > self._descriptor.size:
            raise Corrupt(f"blob {self._descriptor.digest} is longer than {self._descriptor.size} bytes")
        view = memoryview(piece)
        while view:
            view = view[self._file.write(view) :]
        self._hash.update(piece)
        self.count += len(piece)

    def verify(self) -> None:
        """Raise Corrupt unless these are the bytes that were asked for."""
        actual = f"sha256:{self._hash.hexdigest()}"
        if actual != self._descriptor.digest:
            raise Corrupt(
                f"filesystem layer verification failed for digest {self._descriptor.digest}",
                details=f"its bytes are {actual}",
            )


class _Reader(io.RawIOBase):
    def __init__(self, arrival: Arrival, progress: Callable[[int], None]) -> None:
        self._arrival = arrival
        self._progress = progress
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        count = self._arrival.read_into(memoryview(buffer).cast("B"), self._at)  # type: ignore[arg-type]
        self._at += count
        if self._arrival.complete:
            self._progress(self._at)
        return count


def _begins(response: httpx.Response, start: int) -> bool:
    return str(response.headers.get("Content-Range", "")).startswith(f"bytes {start}-")
