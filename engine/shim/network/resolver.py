"""Who tells a container the addresses of others on its networks, and asks the host's servers for the rest."""

from __future__ import annotations

import _socket
import os
from collections.abc import Mapping, Sequence
from typing import Any

from engine.runtime.network.members import Members
from engine.shim.loop import Alarm, Loop
from engine.shim.network import message
from engine.shim.network.message import Question

_PORT = 53
_PATIENCE_SECONDS = 4.0
"""How long a name server has before the next one is asked."""
Address = tuple[Any, ...]
_LONGEST = 65535
_MOST = 256
"""How many questions may be open at once; what comes then is not heard, and will be asked again."""


class Resolver:
    """The answers to one container's questions."""

    def __init__(
        self, members: Members, links: Mapping[str, str], servers: Sequence[str], *, internal: bool
    ) -> None:
        self._members = members
        self._links = {name.lower(): other for name, other in links.items()}
        self._servers = tuple(servers)
        self._internal = internal

    def answer(self, asked: Question) -> bytes | None:
        """Answer what is known here; None for what others are to be asked."""
        if asked.type == message.POINTER:
            address = message.reversed_address(asked.name)
            name = self._members.name(address) if address else None
            return message.answer(asked, [message.name(name)]) if name else self._unknown(asked)
        name = self._links.get(asked.name.lower(), asked.name)
        addresses = self._members.addresses(name)
        if addresses is None:
            return self._unknown(asked)
        return message.answer(asked, message.packed(addresses, asked.type))

    def servers(self) -> tuple[str, ...]:
        """Tell who is to be asked for the rest, in this order."""
        return self._servers or _of_host()

    def _unknown(self, asked: Question) -> bytes | None:
        """From an internal network no question leads out."""
        return message.failure(asked, message.FAILED) if self._internal else None


def _of_host() -> tuple[str, ...]:
    """Read whom the host asks, now: it may be in another network than before."""
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as file:
            words = [line.split() for line in file]
    except OSError:
        return ()
    return tuple(line[1] for line in words if line[:1] == ["nameserver"] and len(line) > 1)


class Datagrams:
    """Questions that come as datagrams, as nearly all do."""

    def __init__(self, socket: _socket.socket, resolver: Resolver, loop: Loop) -> None:
        self._socket = socket
        self._resolver = resolver
        self._loop = loop
        self._open = 0
        loop.watch(socket.fileno(), self._listen)

    def _listen(self) -> None:
        try:
            data, source = self._socket.recvfrom(_LONGEST)
        except OSError:
            return
        asked = message.question(data)
        if asked is None:
            return
        known = self._resolver.answer(asked)
        if known is not None:
            self.reply(known, source)
        elif self._open < _MOST:
            self._open += 1
            Passing(self, data, asked, source, self._resolver.servers(), self._loop)

    def reply(self, data: bytes, source: Address) -> None:
        """Send an answer; who has gone needs none."""
        try:
            self._socket.sendto(data, source)
        except OSError:
            return

    def over(self) -> None:
        """Count a question that is open no more."""
        self._open -= 1


class Passing:
    """One question that is passed on, to one server after the other."""

    def __init__(
        self,
        door: Datagrams,
        data: bytes,
        asked: Question,
        source: Address,
        servers: Sequence[str],
        loop: Loop,
    ) -> None:
        self._door, self._data, self._asked, self._source = door, data, asked, source
        self._servers = list(servers)
        self._loop = loop
        self._socket: _socket.socket | None = None
        self._alarm: Alarm | None = None
        # A number of our own, so that nobody outside can guess it from what the container asks.
        self._id = os.urandom(2)
        self._next()

    def _next(self) -> None:
        self._let_go()
        while self._servers:
            server = self._servers.pop(0)
            family = _socket.AF_INET6 if ":" in server else _socket.AF_INET
            try:
                self._socket = _socket.socket(
                    family, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC | _socket.SOCK_NONBLOCK
                )
                self._socket.connect((server, _PORT))
                self._socket.send(self._id + self._data[2:])
            except OSError:
                self._let_go()
                continue
            self._loop.watch(self._socket.fileno(), self._hear)
            self._alarm = self._loop.alarm(_PATIENCE_SECONDS, self._next)
            return
        self._door.reply(message.failure(self._asked, message.FAILED), self._source)
        self._door.over()

    def _hear(self) -> None:
        assert self._socket
        try:
            data = self._socket.recv(_LONGEST)
        except BlockingIOError:
            return
        except OSError:
            self._next()
            return
        if data[:2] != self._id:
            return
        self._let_go()
        self._door.reply(self._data[:2] + data[2:], self._source)
        self._door.over()

    def _let_go(self) -> None:
        if self._alarm:
            self._alarm.call_off()
        if self._socket:
            self._loop.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None


class Streams:
    """Questions that come over a connection, as those do whose answers are long: passed on as they are."""

    def __init__(self, socket: _socket.socket, resolver: Resolver, loop: Loop) -> None:
        self._socket = socket
        self._resolver = resolver
        self._loop = loop
        loop.watch(socket.fileno(), self._welcome)

    def _welcome(self) -> None:
        try:
            number, _ = self._socket._accept()  # type: ignore[attr-defined]  # what accept() is made of
        except OSError:
            return
        line = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM, 0, number)
        line.setblocking(False)
        Conversation(line, self._resolver, self._loop)


class Conversation:
    """One connection: a question at a time, each behind its length."""

    def __init__(self, line: _socket.socket, resolver: Resolver, loop: Loop) -> None:
        self._line, self._resolver, self._loop = line, resolver, loop
        self._heard = b""
        self._server: _socket.socket | None = None
        self._alarm: Alarm | None = loop.alarm(_PATIENCE_SECONDS, self._end)
        loop.watch(line.fileno(), self._listen)

    def _listen(self) -> None:
        data = _some(self._line)
        if not data:
            if data is not None:
                self._end()
            return
        self._heard += data
        length = int.from_bytes(self._heard[:2])
        if len(self._heard) < 2 or len(self._heard) < 2 + length:
            return
        whole, self._heard = self._heard[2 : 2 + length], self._heard[2 + length :]
        asked = message.question(whole)
        if asked is None:
            self._end()
            return
        known = self._resolver.answer(asked)
        if known is None and self._pass_on(whole):
            return
        self._say(known or message.failure(asked, message.FAILED))

    def _pass_on(self, whole: bytes) -> bool:
        """Ask the first server that takes the question; tell whether one did."""
        for server in self._resolver.servers():
            family = _socket.AF_INET6 if ":" in server else _socket.AF_INET
            socket = _socket.socket(family, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
            try:
                socket.settimeout(1.0)
                socket.connect((server, _PORT))
                socket.sendall(len(whole).to_bytes(2) + whole)
                socket.setblocking(False)
            except OSError:
                socket.close()
                continue
            self._forget_server()
            self._server = socket
            self._loop.watch(socket.fileno(), self._return)
            return True
        return False

    def _return(self) -> None:
        """Hand on what the server says, as it comes."""
        assert self._server
        data = _some(self._server)
        if data:
            self._write(data)
        elif data is not None:
            self._end()

    def _say(self, answer: bytes) -> None:
        self._write(len(answer).to_bytes(2) + answer)

    def _write(self, data: bytes) -> None:
        try:
            self._line.send(data)
        except OSError:
            self._end()

    def _end(self) -> None:
        if self._alarm is None:
            return
        self._alarm.call_off()
        self._alarm = None
        self._forget_server()
        self._loop.forget(self._line.fileno())
        self._line.close()

    def _forget_server(self) -> None:
        if self._server:
            self._loop.forget(self._server.fileno())
            self._server.close()
            self._server = None


def _some(socket: _socket.socket) -> bytes | None:
    """Read what there is; None if that is nothing yet, empty at the end."""
    try:
        return socket.recv(_LONGEST)
    except BlockingIOError:
        return None
    except OSError:
        return b""
