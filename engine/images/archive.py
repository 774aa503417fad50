"""The files of a saved image: members of a tar archive, read by offset, or files of a directory."""

from __future__ import annotations

import io
import os
import posixpath
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Protocol

from engine.errors import Corrupt, HostileArchive, from_os
from engine.layers import header
from engine.layers.source import Source

MAX_MEMBERS = 200_000
_HOPS = 16
_CHUNK = 1 << 20


class Archive(Protocol):
    """Named files that can be read in any order."""

    def has(self, name: str) -> bool:
        """Tell whether there is such a file."""

    def size(self, name: str) -> int:
        """Return its length; raises Corrupt if it is missing."""

    def open(self, name: str) -> BinaryIO:
        """Open it; raises Corrupt if it is missing."""

    def read(self, name: str, limit: int) -> bytes:
        """Return all of a small file; raises Corrupt if it is missing or longer than `limit`."""


def neither(why: str) -> Corrupt:
    """Say that something is no archive of images at all."""
    return Corrupt(
        "this is neither a docker archive nor an OCI layout",
        details=why,
        resolution="the tar of a root file system is imported with `stackyard import`",
    )


class _Files:
    """What both kinds share: reading a small file whole."""

    def open(self, name: str) -> BinaryIO:
        raise NotImplementedError

    def read(self, name: str, limit: int) -> bytes:
        with self.open(name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise Corrupt(f"{name} in the archive is larger than {limit >> 20} MiB")
        return data


class DirectoryArchive(_Files):
    """An OCI layout on disk."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def has(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return os.path.isfile(f"{self.folder}/{name}")

    def size(self, name: str) -> int:
        """Return its length."""
        with self.open(name) as file:
            return os.fstat(file.fileno()).st_size

    def open(self, name: str) -> BinaryIO:
        """Open a regular file; names come out of the archive, so none may lead out of it."""
        if _inside(name) is None:
            raise Corrupt(f"{name!r} leads out of the archive")
        try:
            # Not blocking, so that a pipe in the place of a file cannot hold us.
            descriptor = os.open(
                f"{self.folder}/{name}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            )
        except FileNotFoundError:
            raise Corrupt(f"{name} is missing from the archive") from None
        except OSError as error:
            raise from_os(error, f"cannot read {name}") from error
        file = open(descriptor, "rb")  # noqa: SIM115 - the caller closes it
        if not os.path.isfile(f"/proc/self/fd/{descriptor}"):
            file.close()
            raise Corrupt(f"{name} in the archive is not a regular file")
        return file


class _Member(NamedTuple):
    offset: int
    size: int


class TarArchive(_Files):
    """A seekable, uncompressed tar archive; links are followed inside it only."""

    def __init__(self, file: BinaryIO) -> None:
        """Index the members; raises Corrupt or HostileArchive."""
        self.file = file
        self._members: dict[str, _Member] = {}
        self._links: dict[str, str] = {}
        try:
            self._index()
        except HostileArchive:
            raise
        except Corrupt as error:
            if self._members:
                raise
            raise neither(error.brief) from None

    def _index(self) -> None:
        for number, (name, entry, offset) in enumerate(_entries(self.file)):
            if number >= MAX_MEMBERS:
                raise HostileArchive(f"the archive has more than {MAX_MEMBERS} members")
            self._members.pop(name, None)
            self._links.pop(name, None)
            if entry.kind == header.FILE and entry.sparse is None:
                self._members[name] = _Member(offset, entry.stored)
            elif entry.kind in (header.SYMLINK, header.HARD_LINK):
                link = entry.link.decode("utf-8", "surrogateescape")
                base = posixpath.dirname(name) if entry.kind == header.SYMLINK else ""
                self._links[name] = posixpath.join(base, link)

    def has(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return self._find(name) is not None

    def size(self, name: str) -> int:
        """Return its length."""
        return self._member(name).size

    def open(self, name: str) -> BinaryIO:
        """Open a member; several may be open, but one is read at a time."""
        return _Slice(self.file, self._member(name))

    def _member(self, name: str) -> _Member:
        member = self._find(name)
        if member is None:
            raise Corrupt(f"{name} is missing from the archive")
        return member

    def _find(self, name: str) -> _Member | None:
        for _ in range(_HOPS):
            inside = _inside(name)
            if inside is None:
                return None
            if inside in self._members:
                return self._members[inside]
            if inside not in self._links:
                return None
            name = self._links[inside]
        return None


class _Slice(io.RawIOBase, BinaryIO):
    """The bytes of one member."""

    def __init__(self, file: BinaryIO, member: _Member) -> None:
        self._file = file
        self._at = member.offset
        self._end = member.offset + member.size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._at
        self._file.seek(self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        if not data and left and size:
            raise Corrupt("the archive is cut short")
        self._at += len(data)
        return data


class _Seeking(Source):
    """Read headers and jump over data."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._file = file
        self._length = file.seek(0, os.SEEK_END)
        self.at = 0

    def block(self) -> bytes | None:
        return None if self.at == self._length else self.take(512)

    def pieces(self, size: int) -> Iterator[memoryview]:
        while size:
            self._file.seek(self.at)
            data = self._file.read(min(size, _CHUNK))
            if not data:
                raise Corrupt("the archive is cut short")
            self.at += len(data)
            size -= len(data)
            yield memoryview(data)

    def skip(self, size: int) -> None:
        if self.at + size > self._length:
            raise Corrupt("the archive is cut short")
        self.at += size


def _entries(file: BinaryIO) -> Iterator[tuple[str, header.Entry, int]]:
    source = _Seeking(file)
    for entry in header.Archive(source):
        name = _inside(entry.name.decode("utf-8", "surrogateescape"))
        if name is not None:
            yield name, entry, source.at


def _inside(name: str) -> str | None:
    """Normalise a member's name; None if it leads out of the archive or names the archive itself."""
    path = posixpath.normpath(name)
    if path.startswith(("/", "../")) or path in (".", ".."):
        return None
    return path
