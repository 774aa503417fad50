"""Writing the header of one entry: plain ustar where it fits, a pax header before it where it does not."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from zlib import adler32

from engine.layers.header import FILE, Entry

_HEADER = struct.Struct("100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x")
_NANO = 1_000_000_000


def header(entry: Entry) -> bytes:
    """Write the blocks that stand before an entry's data; equal entries give equal bytes."""
    prefix, name = b"", entry.name
    records: dict[bytes, bytes] = {}
    if len(name) > 100:
        prefix, name = _halves(name)
        if not prefix:
            records[b"path"] = entry.name
            name = entry.name[:100]
    if len(entry.link) > 100:
        records[b"linkpath"] = entry.link
    seconds, fraction = divmod(entry.mtime, _NANO)
    if fraction or not 0 <= seconds < 8**11:
        records[b"mtime"] = _time(entry.mtime)
    for key, value, digits in ((b"size", entry.stored, 11), (b"uid", entry.uid, 7), (b"gid", entry.gid, 7)):
        if value >= 8**digits:
            records[key] = b"%d" % value
    for attribute, content in entry.xattrs.items():
        _add_attribute(records, attribute.encode("utf-8", "surrogateescape"), content)
    block = _block(entry, name, prefix, seconds if 0 <= seconds < 8**11 else 0)
    return _extension(records) + block if records else block


class FileHeaders:
    """Headers of regular files of one mode and one owner: `header` for many, worked out once."""

    def __init__(self, mode: int, uid: int, gid: int) -> None:
        self._entry = Entry(b"", FILE, b"", mode, uid, gid, 0, 0, 0, (0, 0), {}, None)
        block = header(self._entry)
        self._is_plain = len(block) == 512
        self._middle, self._tail = block[100:124], block[156:]
        self._total = _total(self._middle) + _total(self._tail) + 8 * ord(" ")

    def header(self, name: bytes, size: int, seconds: int) -> bytes:
        """Write the header of a file without attributes, whose time is in whole seconds."""
        if not self._is_plain or len(name) > 100 or not 0 <= seconds < 8**11 or size >= 8**11:
            return header(self._entry._replace(name=name, stored=size, size=size, mtime=seconds * _NANO))
        numbers = b"%011o\0%011o\0" % (size, seconds)
        total = self._total + (adler32(name) & 0xFFFF) + (adler32(numbers) & 0xFFFF) - 2
        return b"%b%b%b%b%06o\0 %b" % (name, _FILL[len(name)], self._middle, numbers, total, self._tail)


_FILL = tuple(bytes(100 - length) for length in range(101))


def _add_attribute(records: dict[bytes, bytes], name: bytes, value: bytes) -> None:
    """Record an extended attribute; a name with `=` in it can only be told as libarchive does."""
    if b"=" not in name:
        records[b"SCHILY.xattr." + name] = value
        return
    import base64
    from urllib.parse import quote

    records[b"LIBARCHIVE.xattr." + quote(name).encode()] = base64.b64encode(value)


def _halves(name: bytes) -> tuple[bytes, bytes]:
    """Split a long name where ustar allows it; an empty prefix says that it does not."""
    cut = name.rfind(b"/", 0, 156)
    if cut <= 0 or not 0 < len(name) - cut - 1 <= 100:
        return b"", name
    return name[:cut], name[cut + 1 :]


def _block(entry: Entry, name: bytes, prefix: bytes, seconds: int) -> bytes:
    block = _HEADER.pack(
        name, _octal(entry.mode, 7), _octal(entry.uid, 7), _octal(entry.gid, 7), _octal(entry.stored, 11),
        b"%011o\0" % seconds, b" " * 8, entry.kind, entry.link[:100], b"ustar\0", b"00", b"", b"",
        _octal(entry.device[0], 7), _octal(entry.device[1], 7), prefix,
    )
    return b"%b%06o\0 %b" % (block[:148], _total(block), block[156:])


def _total(block: bytes) -> int:
    """Add up at most 512 bytes: Adler's lower half is one more than that, until it wraps beyond 256 bytes."""
    return (adler32(block[:256]) & 0xFFFF) + (adler32(block[256:]) & 0xFFFF) - 2


@lru_cache(4096)
def _octal(number: int, digits: int) -> bytes:
    return b"%0*o\0" % (digits, number if number < 8**digits else 0)


def _extension(records: Mapping[bytes, bytes]) -> bytes:
    body = b"".join(_record(key, records[key]) for key in sorted(records))
    plain = Entry(b"././@PaxHeader", b"x", b"", 0o644, 0, 0, 0, len(body), len(body), (0, 0), {}, None)
    return _block(plain, plain.name, b"", 0) + body + bytes(-len(body) % 512)


def _record(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    size = len(rest) + 1
    while len(b"%d" % size) + len(rest) != size:
        size = len(b"%d" % size) + len(rest)
    return b"%d" % size + rest


def _time(nanoseconds: int) -> bytes:
    whole, fraction = divmod(abs(nanoseconds), _NANO)
    text = b"%d.%09d" % (whole, fraction)
    return (b"-" if nanoseconds < 0 else b"") + text.rstrip(b"0").rstrip(b".")


def marker(name: bytes, mtime: int = 0) -> Entry:
    """Describe the empty file that stands for a deletion."""
    return Entry(name, FILE, b"", 0, 0, 0, mtime, 0, 0, (0, 0), {}, None)

