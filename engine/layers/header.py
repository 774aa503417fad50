"""The entries of a tar archive: ustar, v7, GNU's and POSIX pax's extensions, sparse files of all four kinds.

Nothing here touches a file system. Names are bytes exactly as stored; what they may say is judged by who
uses them. Memory is bounded: an extended header, a sparse map or a long name beyond the cap is refused
before it is read. Sources: POSIX pax(1), GNU tar's manual ("Standard", "Sparse Formats"), libarchive tar(5).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from engine.errors import Corrupt, HostileArchive
from engine.layers import pax
from engine.layers.source import Source

FILE, HARD_LINK, SYMLINK, CHARACTER, BLOCK, DIRECTORY, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
"""The kinds of entry, spelt as the header does."""

EXTENSION = 1 << 20
"""The most bytes that one extended header, long name or sparse map may take."""

_HEADER = struct.Struct("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x")
_ZERO = bytes(512)
_POSIX = b"ustar\x0000"
_NANO = 1_000_000_000


class Entry(NamedTuple):
    """One member of an archive."""

    name: bytes
    kind: bytes
    link: bytes
    """What a hard link or a symbolic link points to."""
    mode: int
    uid: int
    gid: int
    mtime: int
    """Nanoseconds since 1970, perhaps negative."""
    stored: int
    """Bytes of data in the archive."""
    size: int
    """Bytes of the file once holes are counted."""
    device: tuple[int, int]
    xattrs: dict[str, bytes]
    sparse: pax.Sparse | None


class Archive:
    """Iterate over the entries of a source; `data` gives the current one's bytes, or they are passed over."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = 0
        self._padding = 0
        self._seen = False
        self._globals: pax.Records = {}

    def data(self) -> Iterator[memoryview]:
        """Take the stored bytes of the current entry."""
        for piece in self._source.pieces(self._left):
            self._left -= len(piece)
            yield piece

    def __iter__(self) -> Iterator[Entry]:
        """Yield each entry up to the end marker, or to the end behind a whole entry."""
        while (entry := self._next()) is not None:
            yield entry
            self._seen = True

    def _next(self) -> Entry | None:
        self._pass_data()
        local: pax.Records = {}
        name = link = b""
        while True:
            block = self._block()
            if block is None:
                return None
            kind = block[156:157]
            if kind == b"x" or kind == b"X":
                local = pax.records(self._extension(block))
            elif kind == b"g":
                self._add_globals(pax.records(self._extension(block)))
            elif kind == b"L":
                name = self._extension(block).partition(b"\0")[0]
            elif kind == b"K":
                link = self._extension(block).partition(b"\0")[0]
            elif kind == b"V" or kind == b"N":
                self._extension(block)
            else:
                found = {**self._globals, **local} if self._globals else local
                return self._entry(block, name, link, found)

    def _pass_data(self) -> None:
        if self._left or self._padding:
            self._source.skip(self._left + self._padding)
            self._left = self._padding = 0

    def _block(self) -> bytes | None:
        """Take a header whose checksum is right, or None at the end marker."""
        block = self._source.block()
        if block is None:
            # Some builders never write the end marker; after a whole entry GNU tar and docker do not mind.
            if self._seen:
                return None
            raise Corrupt("the archive is cut short: it has no end marker")
        if block == _ZERO:
            second = self._source.block()
            if second is not None and second != _ZERO:
                raise Corrupt("the archive goes on after its end marker")
            return None
        if not _sums_up(block):
            raise Corrupt("the archive has a header whose checksum is wrong")
        return block

    def _extension(self, block: bytes) -> bytes:
        size = _number(block[124:136], "size")
        if size > EXTENSION:
            raise HostileArchive(f"the archive has a header of {size} bytes; the most is {EXTENSION}")
        data = self._source.take(size)
        self._source.skip(-size % 512)
        return data

    def _add_globals(self, found: pax.Records) -> None:
        self._globals.update(found)
        if sum(len(key) + len(value) for key, value in self._globals.items()) > EXTENSION:
            raise HostileArchive(f"the archive's global headers exceed {EXTENSION} bytes")

    def _entry(self, block: bytes, name: bytes, link: bytes, found: pax.Records) -> Entry:
        fields = _HEADER.unpack(block)
        plain, mode, uid, gid, size, mtime, _, kind, target, magic, _, _, major, minor, prefix = fields
        if not name:
            name = plain.partition(b"\0")[0]
            if magic == _POSIX and prefix[0]:
                name = prefix.partition(b"\0")[0] + b"/" + name
        stored = _number(size, "size")
        when = _signed(mtime, "time") * _NANO
        owner, group = _signed(uid, "owner"), _signed(gid, "group")
        xattrs: dict[str, bytes] = {}
        if found:
            name = found.get(b"path") or name
            link = found.get(b"linkpath") or link
            stored = pax.number(found[b"size"], "size") if found.get(b"size") else stored
            when = pax.nanoseconds(found[b"mtime"]) if found.get(b"mtime") else when
            owner = pax.number(found[b"uid"], "owner") if found.get(b"uid") else owner
            group = pax.number(found[b"gid"], "group") if found.get(b"gid") else group
            xattrs = pax.xattrs(found)
        kind = _kind(kind, name)
        if kind not in (FILE, b"S", b"D"):
            stored = 0
        self._left, self._padding = stored, -stored % 512
        length, sparse, name = self._holes(block, kind, stored, name, found)
        return Entry(name, FILE if kind == b"S" else DIRECTORY if kind == b"D" else kind,
                     link or target.partition(b"\0")[0], _number(mode, "mode") & 0o7777, owner, group, when,
                     self._left, length, self._device(kind, major, minor), xattrs, sparse)

    def _device(self, kind: bytes, major: bytes, minor: bytes) -> tuple[int, int]:
        if kind != CHARACTER and kind != BLOCK:
            return 0, 0
        return _number(major, "device"), _number(minor, "device")

    def _holes(self, block: bytes, kind: bytes, stored: int, name: bytes,
               found: pax.Records) -> tuple[int, pax.Sparse | None, bytes]:
        """Read the map of a sparse file; its length, its map and its true name."""
        if kind == b"S":
            sparse, length = self._old_map(block)
        elif kind != FILE or not found:
            return stored, None, name
        elif found.get(b"GNU.sparse.major"):
            if (found[b"GNU.sparse.major"], found.get(b"GNU.sparse.minor")) != (b"1", b"0"):
                raise Corrupt("the archive has a sparse file of an unknown kind")
            sparse, length = self._leading_map(), pax.number(found.get(b"GNU.sparse.realsize", b""), "size")
        elif b"GNU.sparse.map" in found:
            sparse = pax.sparse_map(found[b"GNU.sparse.map"])
            length = pax.number(found.get(b"GNU.sparse.size", b""), "size")
        else:
            return stored, None, name
        if sum(part[1] for part in sparse) != self._left or (sparse and sum(sparse[-1]) > length):
            raise Corrupt("a sparse file's map in the archive does not fit its data")
        return length, sparse, found.get(b"GNU.sparse.name") or name

    def _old_map(self, block: bytes) -> tuple[pax.Sparse, int]:
        """Read the map that old GNU headers hold and go on with in blocks of their own."""
        numbers: list[int] = []
        fields, more, length = block[386:482], block[482], _number(block[483:495], "size")
        while True:
            for at in range(0, len(fields), 24):
                if not fields[at + 12]:
                    more = 0
                    break
                numbers.append(_number(fields[at : at + 12], "sparse map"))
                numbers.append(_number(fields[at + 12 : at + 24], "sparse map"))
            if not more:
                return pax.pairs(numbers), length
            if len(numbers) * 12 > EXTENSION:
                raise HostileArchive(f"the archive has a sparse map of more than {EXTENSION} bytes")
            extension = self._source.take(512)
            fields, more = extension[:504], extension[504]

    def _leading_map(self) -> pax.Sparse:
        """Read the map that stands in front of the data, a number a line, filled up to a whole block."""
        text, wanted = bytearray(), 1
        lines = 0
        while lines < wanted:
            if self._left < 512 or len(text) > EXTENSION:
                raise Corrupt("the archive has a sparse map that does not end")
            block = self._source.take(512)
            self._left -= 512
            text += block
            lines += block.count(b"\n")
            if wanted == 1 and lines:
                wanted += 2 * pax.number(bytes(text.partition(b"\n")[0]), "sparse map", EXTENSION)
        return pax.pairs([pax.number(line, "sparse map") for line in bytes(text).split(b"\n")[1:wanted]])


def is_header(block: bytes) -> bool:
    """Tell whether 512 bytes can be the header that a tar archive begins with."""
    try:
        return len(block) == 512 and block[0] != 0 and _sums_up(block)
    except Corrupt:
        return False


def _kind(kind: bytes, name: bytes) -> bytes:
    if kind == b"\0":
        return DIRECTORY if name.endswith(b"/") else FILE
    if kind == b"7":
        return FILE
    if kind not in b"0123456SD":
        raise Corrupt(f"the archive's entry {name[:200]!r} is of the unknown kind {kind!r}")
    return kind


def _sums_up(block: bytes) -> bool:
    field = block[148:156]
    stated = _number(field, "checksum")
    total = sum(block) - sum(field) + 256
    if stated == total:
        return True
    high = sum(byte >> 7 for byte in block) - sum(byte >> 7 for byte in field)
    return stated == total - 256 * high  # some old writers summed signed bytes


@lru_cache(512)
def _signed(field: bytes, what: str) -> int:
    """Read a header's number: octal text, or base 256 when the first bit is set."""
    text = field.strip(b" \0")
    if text.isdigit():
        try:
            return int(text, 8)
        except ValueError:
            pass
    elif field[0] & 0x80:
        bits = 8 * len(field) - 1
        value = int.from_bytes(field, "big") & ((1 << bits) - 1)
        value -= 1 << bits if field[0] & 0x40 else 0
        if abs(value) < 1 << 62:
            return value
    elif not text:
        return 0
    elif text.partition(b"\0")[0].strip(b" ").isdigit():
        return _signed(text.partition(b"\0")[0], what)
    raise Corrupt(f"the {what} in a header of the archive is no number: {field!r}")


def _number(field: bytes, what: str) -> int:
    value = _signed(field, what)
    if value < 0:
        raise Corrupt(f"the {what} in a header of the archive is negative")
    return value
