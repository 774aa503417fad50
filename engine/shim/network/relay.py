"""Published ports for those whom the kernel does not redirect: the host itself, and IPv6.

What comes in at a socket of the host goes on to the container, and back, within the kernel; splice(2).
"""

from __future__ import annotations

import _socket
import errno
import fcntl
import os
import select
from typing import Any

from engine.runtime.network.ports import Held
from engine.shim.loop import Alarm, Loop

_PIPE_BYTES = 256 << 10
_SET_PIPE_SIZE = 1031
"""F_SETPIPE_SZ of <linux/fcntl.h>."""
Address = tuple[Any, ...]
_LONGEST = 65535
_SILENCE_SECONDS = 90.0
"""After which a sender of datagrams counts as gone; docker's figure."""
_MOST_SENDERS = 1024


def relay(held: Held, loop: Loop) -> object:
    """Serve one published port."""
    return _Streams(held, loop) if held.port.protocol == "tcp" else _Datagrams(held, loop)


class _Streams:
    """The connections that come in at one port."""

    def __init__(self, held: Held, loop: Loop) -> None:
        self._held, self._loop = held, loop
        loop.watch(held.socket.fileno(), self._welcome)

    def _welcome(self) -> None:
        try:
            number, _ = self._held.socket._accept()  # type: ignore[attr-defined]  # what accept() is made of
        except OSError:
            return
        near = _socket.socket(self._held.socket.family, _socket.SOCK_STREAM, 0, number)
        near.setblocking(False)
        try:
            _Connection(near, _towards(self._held, _socket.SOCK_STREAM), self._loop)
        except OSError:
            near.close()


def _towards(held: Held, kind: int) -> _socket.socket:
    family = _socket.AF_INET6 if ":" in held.port.target else _socket.AF_INET
    socket = _socket.socket(family, kind | _socket.SOCK_CLOEXEC | _socket.SOCK_NONBLOCK)
    code = socket.connect_ex((held.port.target, held.port.container))
    if code not in (0, errno.EINPROGRESS):
        socket.close()
        raise OSError(code, os.strerror(code))
    return socket


class _Flow:
    """One direction of a connection, through a pipe of the kernel's."""

    def __init__(self, source: _socket.socket, target: _socket.socket) -> None:
        self.source, self.target = source, target
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            fcntl.fcntl(self._write, _SET_PIPE_SIZE, _PIPE_BYTES)
        except OSError:
            pass
        self.waiting = 0
        """Bytes in the pipe."""
        self.ended = False
        """Whether nothing more comes from the source."""
        self.over = False
        """Whether all that came has gone."""

    def move(self) -> None:
        """Move on what can be moved now. Raises OSError when the connection is broken."""
        try:
            while not self.ended:
                count = os.splice(self.source.fileno(), self._write, _PIPE_BYTES)
                self.ended = not count
                self.waiting += count
                if not self._drain():
                    return
        except BlockingIOError:
            pass
        if self._drain() and self.ended and not self.over:
            self.over = True
            self.target.shutdown(_socket.SHUT_WR)

    def _drain(self) -> bool:
        """Empty the pipe as far as the target takes it; tell whether it is empty."""
        while self.waiting:
            try:
                self.waiting -= os.splice(self._read, self.target.fileno(), self.waiting)
            except BlockingIOError:
                return False
        return True

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._read)
        os.close(self._write)


class _Connection:
    """One connection, and the one it is passed on to."""

    def __init__(self, near: _socket.socket, far: _socket.socket, loop: Loop) -> None:
        self._sockets = near, far
        self._loop = loop
        self._flows = _Flow(near, far), _Flow(far, near)
        # Only once the container has answered is there anything to move.
        loop.watch(far.fileno(), self._connected, select.POLLOUT)

    def _connected(self) -> None:
        far = self._sockets[1]
        if far.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR):
            self._end()
        else:
            self._work()

    def _work(self) -> None:
        try:
            for flow in self._flows:
                flow.move()
        except OSError:
            self._end()
            return
        if all(flow.over for flow in self._flows):
            self._end()
            return
        for socket, outwards, inwards in zip(self._sockets, self._flows, reversed(self._flows), strict=True):
            events = 0
            if not outwards.ended and not outwards.waiting:
                events |= select.POLLIN
            if inwards.waiting:
                events |= select.POLLOUT
            self._loop.watch(socket.fileno(), self._work, events)
            if not events:
                # Its hanging up would wake us for ever; the other side tells when it is over.
                self._loop.forget(socket.fileno())

    def _end(self) -> None:
        for socket in self._sockets:
            self._loop.forget(socket.fileno())
            socket.close()
        for flow in self._flows:
            flow.close()


class _Datagrams:
    """The senders of datagrams to one port, each with a socket of its own towards the container."""

    def __init__(self, held: Held, loop: Loop) -> None:
        self._held, self._loop = held, loop
        self._senders: dict[Address, tuple[_socket.socket, Alarm]] = {}
        loop.watch(held.socket.fileno(), self._forth)

    def _forth(self) -> None:
        try:
            data, sender = self._held.socket.recvfrom(_LONGEST)
            self._socket_of(sender).send(data)
        except OSError:
            return

    def _socket_of(self, sender: Address) -> _socket.socket:
        if sender in self._senders:
            socket, alarm = self._senders[sender]
            alarm.call_off()
        else:
            if len(self._senders) >= _MOST_SENDERS:
                self._forget(next(iter(self._senders)))
            socket = _towards(self._held, _socket.SOCK_DGRAM)
            self._loop.watch(socket.fileno(), lambda: self._back(socket, sender))
        self._senders[sender] = socket, self._loop.alarm(_SILENCE_SECONDS, lambda: self._forget(sender))
        return socket

    def _back(self, socket: _socket.socket, sender: Address) -> None:
        try:
            self._held.socket.sendto(socket.recv(_LONGEST), sender)
        except BlockingIOError:
            return
        except OSError:
            self._forget(sender)

    def _forget(self, sender: Address) -> None:
        socket, alarm = self._senders.pop(sender)
        alarm.call_off()
        self._loop.forget(socket.fileno())
        socket.close()
