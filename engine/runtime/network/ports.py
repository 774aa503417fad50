"""The host's side of published ports: sockets that hold them, so that nobody else gets them."""

from __future__ import annotations

import _socket
import errno
from collections.abc import Iterator
from typing import NamedTuple

from engine.errors import StartFailed
from engine.runtime.network.plan import Port

ANY, ANY_6 = "0.0.0.0", "::"
_KIND = {"tcp": _socket.SOCK_STREAM, "udp": _socket.SOCK_DGRAM}
_QUEUE = 1024
_TRIES = 16
_IPV6_ONLY = 26
"""IPV6_V6ONLY of <linux/in6.h>."""


class Published(NamedTuple):
    """One port of the host that leads to one of a container."""

    container: int
    protocol: str
    address: str
    """Of the host."""
    host: int
    target: str
    """The container's address."""

    @property
    def leads_here(self) -> bool:
        """Whether the kernel itself may redirect it: what is for the loopback never meets its rules."""
        return ":" not in self.address and ":" not in self.target and not self.address.startswith("127.")


class Held(NamedTuple):
    """A published port and the socket that holds it."""

    port: Published
    socket: _socket.socket


def hold(port: Port, target: str) -> list[Held]:
    """Take a port of the host, at each address it is asked for; docker's choice is the first that is free.

    Raises StartFailed in docker's words.
    """
    addresses = [port.address] if port.address else [ANY, *([ANY_6] if _has_ipv6() else [])]
    refusal: OSError | None = None
    number = port.first
    for number in _candidates(port):
        try:
            return _all_at(addresses, port, number, target)
        except OSError as error:
            refusal = error
    assert refusal is not None
    why = "port is already allocated" if refusal.errno == errno.EADDRINUSE else str(refusal.strerror).lower()
    raise StartFailed(
        f"Bind for {addresses[0]}:{number} failed: {why}",
        125,
        resolution="stop what listens there, or publish at another port",
    )


def _candidates(port: Port) -> Iterator[int]:
    if port.first:
        yield from range(port.first, port.last + 1)
    else:
        yield from (0 for _ in range(_TRIES))


def _all_at(addresses: list[str], port: Port, number: int, target: str) -> list[Held]:
    """Take the same port at every address, or none."""
    held: list[Held] = []
    try:
        for address in addresses:
            socket = _bound(address, port.protocol, number)
            number = socket.getsockname()[1]
            held.append(Held(Published(port.container, port.protocol, address, number, target), socket))
    except OSError:
        for one in held:
            one.socket.close()
        raise
    return held


def _bound(address: str, protocol: str, number: int) -> _socket.socket:
    family = _socket.AF_INET6 if ":" in address else _socket.AF_INET
    socket = _socket.socket(family, _KIND[protocol] | _socket.SOCK_CLOEXEC | _socket.SOCK_NONBLOCK)
    try:
        if protocol == "tcp":
            # What is left of connections that have ended keeps nobody from the port.
            socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        if family == _socket.AF_INET6:
            socket.setsockopt(_socket.IPPROTO_IPV6, _IPV6_ONLY, 1)
        socket.bind((address, number))
        if protocol == "tcp":
            socket.listen(_QUEUE)
    except OSError:
        socket.close()
        raise
    return socket


def _has_ipv6() -> bool:
    try:
        _bound("::1", "udp", 0).close()
    except OSError:
        return False
    return True
