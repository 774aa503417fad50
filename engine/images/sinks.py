"""Where a saved image goes: a tar stream, or a directory."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from engine.errors import Corrupt
from engine.images.records import Progress, Report
from engine.kernel.sync import sync_filesystem

_CHUNK = 1 << 20
_BLOCK = 512
_RECORD = 20 * _BLOCK


class TarSink:
    """A tar stream whose bytes depend on nothing but what is put into it."""

    def __init__(self, out: BinaryIO, report: Report) -> None:
        self._out = out
        self._report = report
        self._written = 0
        self.mtime = 0
        """Seconds since the epoch, of what is put next."""

    def folder(self, name: str) -> None:
        """Put a directory."""
        info = self._info(f"{name}/", tarfile.DIRTYPE, 0o755)
        self._header(info)

    def data(self, name: str, data: bytes) -> None:
        """Put a small file."""
        info = self._info(name, tarfile.REGTYPE, 0o644)
        info.size = len(data)
        self._header(info)
        self._write(data)
        self._pad(info.size)

    def file(self, name: str, path: str, digest: str) -> None:
        """Put a copy of a file; raises Corrupt at its end if its bytes are not what the digest says."""
        info = self._info(name, tarfile.REGTYPE, 0o644)
        info.size = os.stat(path).st_size
        self._header(info)
        for data in _verified(path, digest, self._report):
            self._write(data)
        self._pad(info.size)

    def link(self, name: str, target: str) -> None:
        """Put a symbolic link."""
        info = self._info(name, tarfile.SYMTYPE, 0o777)
        info.linkname = target
        self._header(info)

    def finish(self) -> None:
        """Write the end marker."""
        self._write(bytes(2 * _BLOCK))
        self._write(bytes(-self._written % _RECORD))
        self._out.flush()

    def _info(self, name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.mtime = kind, mode, self.mtime
        return info

    def _header(self, info: tarfile.TarInfo) -> None:
        self._write(info.tobuf(tarfile.PAX_FORMAT))

    def _pad(self, size: int) -> None:
        self._write(bytes(-size % _BLOCK))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            # An unbuffered pipe may take less than it is given.
            view = view[self._out.write(view) :]
        self._written += len(data)


class DirectorySink:
    """A directory on disk."""

    def __init__(self, folder: str, report: Report) -> None:
        self._folder = folder
        self._report = report
        self.mtime = 0

    def folder(self, name: str) -> None:
        """Make a directory."""
        os.makedirs(f"{self._folder}/{name}", exist_ok=True)

    def data(self, name: str, data: bytes) -> None:
        """Write a small file."""
        with open(f"{self._folder}/{name}", "wb") as file:
            file.write(data)

    def file(self, name: str, path: str, digest: str) -> None:
        """Copy a file; raises Corrupt if its bytes are not what the digest says."""
        with open(f"{self._folder}/{name}", "wb") as file:
            file.writelines(_verified(path, digest, self._report))

    def link(self, name: str, target: str) -> None:
        """Make a symbolic link."""
        os.symlink(target, f"{self._folder}/{name}")

    def finish(self) -> None:
        """Bring it to the disk."""
        sync_filesystem(self._folder)


def _verified(path: str, digest: str, report: Report) -> Iterator[bytes]:
    hashed = hashlib.sha256()
    with open(path, "rb") as file:
        total, count = os.fstat(file.fileno()).st_size, 0
        while data := file.read(_CHUNK):
            hashed.update(data)
            count += len(data)
            report(Progress("Saving", count, total))
            yield data
    if f"sha256:{hashed.hexdigest()}" != digest:
        raise Corrupt(f"blob {digest} is damaged in the store", resolution="load or import the image again")
