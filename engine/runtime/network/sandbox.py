"""A network namespace of a container's own, with the sockets through which it is furnished from outside."""

from __future__ import annotations

import _socket
import os
from collections.abc import Iterator
from contextlib import contextmanager

from engine.kernel.links import Links
from engine.kernel.network import raise_loopback
from engine.kernel.nftables import (
    OUTPUT,
    TCP,
    UDP,
    Chain,
    Tables,
    Transaction,
    redirect_to,
    to_address,
    to_port,
)
from engine.kernel.processes import CLONE_NEWNET, join_namespace, unshare
from engine.runtime.network.plan import Wire

RESOLVER = "127.0.0.11"
"""Where docker's containers ask for names."""
_NAME_PORT = 53


class Sandbox:
    """The namespace; it lives until this is closed and the last process in it has ended.

    Only for a single-threaded process, which visits it.
    """

    def __init__(self) -> None:
        """Make a namespace in which there is only a loopback. Raises OSError."""
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            unshare(CLONE_NEWNET)
            self.descriptor = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            raise_loopback()
            self.links = Links()
        finally:
            join_namespace(self._home)

    def close(self) -> None:
        """Let go of it."""
        self.links.close()
        os.close(self.descriptor)
        os.close(self._home)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Be in the namespace for a moment, to open sockets there."""
        join_namespace(self.descriptor)
        try:
            yield
        finally:
            join_namespace(self._home)

    def furnish(self, wire: Wire) -> None:
        """Give the inner end of a wire its addresses, and its gateways the ways to elsewhere."""
        index = self.links.index(wire.interface)
        if not any(":" in address for address in wire.addresses):
            self._keep_from_ipv6(wire.interface)
        for address in wire.addresses:
            self.links.add_address(index, address)
        self.links.raise_up(index)
        for gateway in wire.gateways:
            self.links.add_gateway(index, gateway)

    def _keep_from_ipv6(self, interface: str) -> None:
        """Let the kernel make up no address of its own where the network has none to give."""
        try:
            with self.inside(), open(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6", "w") as file:
                file.write("1")
        except FileNotFoundError:
            return

    def listen_for_names(self) -> tuple[_socket.socket, _socket.socket]:
        """Open the sockets at which names are asked for, for datagrams and for streams.

        They lie at other ports of that address than the one that is asked, lest they take it from a name
        server that the container itself may be.
        """
        with self.inside():
            datagrams = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC)
            streams = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
            tables = Tables()
        for socket in (datagrams, streams):
            socket.setblocking(False)
            socket.bind((RESOLVER, 0))
        streams.listen(16)
        change = Transaction("stackyard")
        change.add_table()
        change.add_chain(Chain("names", "nat", OUTPUT, -100))
        address = _socket.inet_aton(RESOLVER)
        for protocol, socket in ((UDP, datagrams), (TCP, streams)):
            port = socket.getsockname()[1]
            change.add_rule(
                "names", to_address(address), to_port(protocol, _NAME_PORT), redirect_to(address, port)
            )
        try:
            tables.carry_out(change)
        finally:
            tables.close()
        return datagrams, streams
