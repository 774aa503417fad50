"""DNS messages, for somebody who knows a few names and passes other questions on; RFC 1035."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple

ADDRESS, NAME, POINTER, ADDRESS_6 = 1, 5, 12, 28
FAILED, REFUSED = 2, 5
_INTERNET = 1
_HEADER = struct.Struct(">HHHHHH")
_RESPONSE, _RECURSION_WANTED, _RECURSION, _AUTHORITY = 0x8000, 0x0100, 0x0080, 0x0400
_OPERATION, _QUERY_LIMIT = 0x7800, 253
_SECONDS = 600
"""How long an answer may be remembered; docker's figure."""


class Question(NamedTuple):
    """What somebody asks."""

    id: int
    flags: int
    name: str
    """Without the dot at its end."""
    type: int
    text: bytes
    """The question as it stands in the message."""


def question(message: bytes) -> Question | None:
    """Read the one question of a query; None for what is none."""
    if len(message) < _HEADER.size:
        return None
    id, flags, count, *_ = _HEADER.unpack_from(message)
    if flags & (_RESPONSE | _OPERATION) or count != 1:
        return None
    offset, labels = _HEADER.size, []
    while offset < len(message) and (length := message[offset]):
        label = message[offset + 1 : offset + 1 + length]
        if length > 63 or len(label) < length:
            return None
        labels.append(label.decode("latin-1"))
        offset += 1 + length
    end = offset + 5
    name = ".".join(labels)
    if end > len(message) or len(name) > _QUERY_LIMIT:
        return None
    type, kind = struct.unpack_from(">HH", message, offset + 1)
    if kind != _INTERNET:
        return None
    return Question(id, flags, name, type, message[_HEADER.size : end])


def answer(asked: Question, values: Sequence[bytes]) -> bytes:
    """Answer with what was asked for; with nothing, that there is such a name and no such record of it."""
    records = b"".join(
        # 0xc00c points to the name in the question.
        struct.pack(">HHHIH", 0xC00C, asked.type, _INTERNET, _SECONDS, len(value)) + value
        for value in values
    )
    return _head(asked, 0, len(values)) + asked.text + records


def failure(asked: Question, code: int) -> bytes:
    """Say that there is no answer."""
    return _head(asked, code, 0) + asked.text


def packed(addresses: Sequence[str], type: int) -> list[bytes]:
    """Encode those of the addresses that a question of this type is after."""
    version = {ADDRESS: 4, ADDRESS_6: 6}.get(type)
    found = map(ip_address, addresses)
    return [address.packed for address in found if address.version == version]


def name(text: str) -> bytes:
    """Encode a name."""
    labels = (label.encode("latin-1")[:63] for label in text.split(".") if label)
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def reversed_address(text: str) -> str | None:
    """Read the address in a name such as 2.0.18.172.in-addr.arpa; None if there is none."""
    lowered = text.lower()
    if lowered.endswith(".in-addr.arpa"):
        written = ".".join(reversed(lowered.removesuffix(".in-addr.arpa").split(".")))
    elif lowered.endswith(".ip6.arpa"):
        digits = "".join(reversed(lowered.removesuffix(".ip6.arpa").split(".")))
        written = ":".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    else:
        return None
    try:
        return str(ip_address(written))
    except ValueError:
        return None


def _head(asked: Question, code: int, count: int) -> bytes:
    flags = _RESPONSE | asked.flags & _RECURSION_WANTED | _RECURSION | code
    return _HEADER.pack(asked.id, flags, 1, count, 0, 0)
