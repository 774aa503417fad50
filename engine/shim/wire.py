"""How a builder and its runner talk: one marshalled dictionary at a time, with its length before it."""

from __future__ import annotations

import _socket
import marshal
import struct
from typing import Any

ORDERS = 3
"""The runner's descriptor on which it is handed, for each program, what `HANDED` lists."""
HANDED = struct.Struct("=4i")
"""A line and the program's standard streams; for a terminal, thrice the socket its other end goes to."""
_LENGTH = struct.Struct("=I")


def send(line: _socket.socket, words: dict[str, Any]) -> None:
    """Send one message; raises OSError when the other side has gone."""
    body = marshal.dumps(words)
    line.sendall(_LENGTH.pack(len(body)) + body)


def receive(line: _socket.socket) -> dict[str, Any] | None:
    """Read one message; None when the other side has gone."""
    head = _exactly(line, _LENGTH.size)
    body = _exactly(line, _LENGTH.unpack(head)[0]) if head else b""
    words: dict[str, Any] | None = marshal.loads(body) if body else None
    return words


def _exactly(line: _socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        try:
            chunk = line.recv(count - len(data))
        except ConnectionResetError:
            return b""
        if not chunk:
            return b""
        data += chunk
    return data
