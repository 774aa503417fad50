"""Extended headers of a tar archive: pax records, attributes, sparse maps (pax(1), GNU tar's manual)."""

from __future__ import annotations

from engine.errors import Corrupt

Records = dict[bytes, bytes]
Sparse = tuple[tuple[int, int], ...]
"""Where a sparse file has data: (offset, length), in order, the rest is holes."""

_SCHILY = b"SCHILY.xattr."
_LIBARCHIVE = b"LIBARCHIVE.xattr."
_OFFSET, _LENGTH = b"GNU.sparse.offset", b"GNU.sparse.numbytes"
_FURTHEST = 1 << 55


def records(data: bytes) -> Records:
    """Read the records of one extended header; an empty value takes a record back.

    The pairs of GNU's oldest sparse map repeat their keywords: they are gathered as one GNU.sparse.map.
    """
    found: Records = {}
    pairs: list[bytes] = []
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        if space < 0 or not data[at:space].isdigit():
            if not data[at:].strip(b"\0"):
                break
            raise Corrupt("an extended header of the archive has no length")
        end = at + int(data[at:space])
        equals = data.find(b"=", space, end)
        if end > len(data) or equals < 0 or data[end - 1] != 0x0A:
            raise Corrupt("an extended header of the archive does not keep to its length")
        key, value = data[space + 1 : equals], data[equals + 1 : end - 1]
        if key in (_OFFSET, _LENGTH):
            pairs.append(value)
        else:
            found[key] = value
        at = end
    if pairs:
        found[b"GNU.sparse.map"] = b",".join(pairs)
    return found


def number(value: bytes, what: str, most: int = 1 << 63) -> int:
    """Read a decimal number between 0 and `most`."""
    if not value.isdigit() or len(value) > 20 or int(value) > most:
        raise Corrupt(f"the {what} of an archive's entry is no number: {value[:40]!r}")
    return int(value)


def nanoseconds(value: bytes) -> int:
    """Read a time in seconds, with a fraction, perhaps before 1970; finer than a nanosecond is dropped."""
    body = value[1:] if value[:1] in b"+-" else value
    seconds, _, fraction = body.partition(b".")
    if not (seconds + fraction).isdigit() or len(body) > 64:
        raise Corrupt(f"the time of an archive's entry is no number: {value[:40]!r}")
    whole = min(int(seconds or b"0"), _FURTHEST)
    result = whole * 1_000_000_000 + int(fraction[:9].ljust(9, b"0"))
    return -result if value[:1] == b"-" else result


def xattrs(found: Records) -> dict[str, bytes]:
    """Gather the extended attributes that star, GNU tar and docker write, or those that libarchive writes."""
    result: dict[str, bytes] = {}
    for key, value in found.items():
        if key.startswith(_LIBARCHIVE):
            result.setdefault(_unquoted(key[len(_LIBARCHIVE) :]), _unbase64(value))
        elif key.startswith(_SCHILY):
            result[key[len(_SCHILY) :].decode("utf-8", "surrogateescape")] = value
    return result


def sparse_map(text: bytes) -> Sparse:
    """Read the comma-separated map of GNU's sparse formats 0.0 and 0.1."""
    numbers = [number(part, "sparse map") for part in text.split(b",")] if text else []
    return pairs(numbers)


def pairs(numbers: list[int]) -> Sparse:
    """Pair offsets with lengths; they must not run backwards."""
    if len(numbers) % 2:
        raise Corrupt("a sparse file's map in the archive has an odd end")
    result = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    end = 0
    for offset, length in result:
        if offset < end or length < 0:
            raise Corrupt("a sparse file's map in the archive runs backwards")
        end = offset + length
    return result


def _unquoted(name: bytes) -> str:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(name).decode("utf-8", "surrogateescape")


def _unbase64(value: bytes) -> bytes:
    import base64
    import binascii

    try:
        return base64.b64decode(value + b"=" * (-len(value) % 4))
    except binascii.Error as error:
        raise Corrupt("an extended attribute in the archive is not base64") from error
