"""Netlink: requests to the kernel's networking, each answered or refused; netlink(7).

A message is a header and attributes, and an attribute is a type and a value, which may be attributes again.
A library for this exists (pyroute2), and loading it takes longer than starting a container.
"""

from __future__ import annotations

import _socket
import os
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

ROUTE, NETFILTER = 0, 12
"""The two families spoken here: links, addresses and routes; and nftables."""
REQUEST, ACKNOWLEDGE, DUMP, EXCLUSIVE, CREATE, APPEND = 1, 4, 0x300, 0x200, 0x400, 0x800
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_NESTED, _TYPE = 0x8000, 0x3FFF
_BUFFER = 256 << 10
_PATIENCE = struct.pack("=qq", 5, 0)
"""A kernel that has not answered by then never will."""


class Message(NamedTuple):
    """One message: what it asks, and what comes after the header."""

    type: int
    flags: int
    body: bytes


def attribute(type: int, value: bytes) -> bytes:
    """Encode one attribute, padded to four bytes."""
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, type) + value + bytes(-length % 4)


def nested(type: int, *values: bytes) -> bytes:
    """Encode an attribute made of attributes."""
    return attribute(type | _NESTED, b"".join(values))


def text(type: int, value: str) -> bytes:
    """Encode a string as an attribute, with the zero that ends it."""
    return attribute(type, value.encode() + b"\0")


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Take attributes apart."""
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, type = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size:
            return
        yield type & _TYPE, data[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3


class Netlink:
    """A socket to one family of the network namespace in which it was opened; it stays in that one."""

    def __init__(self, family: int) -> None:
        self._socket = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, family)
        self._socket.bind((0, 0))
        self._socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVTIMEO, _PATIENCE)
        self._sequence = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def ask(self, message: Message) -> list[Message]:
        """Send one message; return what comes back. Raises OSError with the kernel's errno."""
        return self.ask_all([message])

    def ask_all(self, messages: Sequence[Message]) -> list[Message]:
        """Send messages in one go and wait for the answer to the last; raise the first refusal among them."""
        sent = b""
        first = self._sequence + 1
        for message in messages:
            self._sequence += 1
            length = _HEADER.size + len(message.body)
            sent += _HEADER.pack(length, message.type, message.flags | REQUEST, self._sequence, 0)
            sent += message.body + bytes(-length % 4)
        self._socket.send(sent)
        last = first + max(i for i, one in enumerate(messages) if one.flags & (ACKNOWLEDGE | DUMP))
        return self._answers(first, last)

    def _answers(self, first: int, last: int) -> list[Message]:
        found: list[Message] = []
        refusal = 0
        while True:
            data = self._socket.recv(_BUFFER)
            offset = 0
            while offset + _HEADER.size <= len(data):
                length, type, flags, sequence, _ = _HEADER.unpack_from(data, offset)
                body = data[offset + _HEADER.size : offset + length]
                offset += (length + 3) & ~3
                if sequence < first:
                    # Left over from a request that was given up.
                    continue
                if type == _ERROR:
                    refusal = refusal or -struct.unpack_from("=i", body)[0]
                elif type != _DONE:
                    found.append(Message(type, flags, body))
                if type in (_ERROR, _DONE) and sequence == last:
                    if refusal:
                        raise OSError(refusal, os.strerror(refusal))
                    return found
