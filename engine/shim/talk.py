"""How a shim and its visitors talk: JSON messages with descriptors, over a socket that keeps them apart.

Nobody waits for anybody: what does not fit into the socket now is not sent.
"""

from __future__ import annotations

import _socket
import json
import os
import struct
from collections.abc import Sequence
from typing import Any

SOCKET = "socket"
"""Its name in the bundle."""
_BYTES = 64 << 10
_MOST_DESCRIPTORS = 4
BELL = b"\0"
"""The message that says: there is output."""

Message = dict[str, Any]


def pair() -> tuple[_socket.socket, _socket.socket]:
    """Make both ends of a line."""
    return _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET | _socket.SOCK_CLOEXEC)


def opened() -> _socket.socket:
    """Make an end that is not connected yet."""
    return _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET | _socket.SOCK_CLOEXEC)


def address(folder: int) -> str:
    """Name the socket in the directory behind a descriptor: its own path may be too long for unix(7)."""
    return f"/proc/self/fd/{folder}/{SOCKET}"


def tell(line: _socket.socket, message: Message, descriptors: Sequence[int] = ()) -> bool:
    """Send a message; tell whether the other side is there and has room for it."""
    return _sent(line, json.dumps(message).encode(), descriptors)


def ring(line: _socket.socket) -> bool:
    """Ring the other side's bell; tell whether it can still hear. One that rings already is enough."""
    return _sent(line, BELL, ())


def _sent(line: _socket.socket, data: bytes, descriptors: Sequence[int]) -> bool:
    handed = struct.pack(f"={len(descriptors)}i", *descriptors)
    beside = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handed)] if descriptors else []
    try:
        line.sendmsg([data], beside, _socket.MSG_DONTWAIT | _socket.MSG_NOSIGNAL)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


def hear(line: _socket.socket, *, wait: bool = True) -> tuple[Message | None, list[int]]:
    """Receive a message and what came with it: a bell is empty, None is the end.

    Raises BlockingIOError if there is none and nobody wants to wait.
    """
    room = _socket.CMSG_SPACE(_MOST_DESCRIPTORS * struct.calcsize("=i"))
    flags = _socket.MSG_CMSG_CLOEXEC | (0 if wait else _socket.MSG_DONTWAIT)
    try:
        data, beside, _, _ = line.recvmsg(_BYTES, room, flags)
    except ConnectionError:
        return None, []
    descriptors = [number for *_, handed in beside for (number,) in struct.iter_unpack("=i", handed)]
    if not data:
        return None, descriptors
    try:
        message = {} if data == BELL else json.loads(data)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        release(descriptors)
        return None, []
    return message, descriptors


def release(descriptors: Sequence[int]) -> None:
    """Close what nobody needs."""
    for descriptor in descriptors:
        os.close(descriptor)
