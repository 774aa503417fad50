"""Links, their addresses and routes: bridges, and the veth pairs that lead from them into containers.

Follows rtnetlink(7); the numbers are those of <linux/if_link.h>, <linux/if_addr.h> and <linux/rtnetlink.h>.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address, ip_interface
from typing import NamedTuple

from engine.kernel.netlink import (
    ACKNOWLEDGE,
    CREATE,
    DUMP,
    EXCLUSIVE,
    ROUTE,
    Message,
    Netlink,
    attribute,
    attributes,
    nested,
    text,
)

_NEW_LINK, _DELETE_LINK, _GET_LINK, _NEW_ADDRESS, _NEW_ROUTE, _GET_ROUTE = 16, 17, 18, 20, 24, 26
_LINK, _ADDRESS, _ROUTE = struct.Struct("=BxHiII"), struct.Struct("=BBBBI"), struct.Struct("=BBBBBBBBI")
_MAC, _NAME, _MTU, _MASTER, _INFO, _ALIAS, _NAMESPACE = 1, 3, 4, 10, 18, 20, 28
_KIND, _DATA, _PEER = 1, 2, 1
_LOCAL, _SUBNET, _BROADCAST, _NO_DETECTION = 2, 1, 4, 0x02
_DESTINATION, _OUT, _GATEWAY = 1, 4, 5
_UP = 1
_FAMILY = {4: 2, 6: 10}
"""AF_INET and AF_INET6, by the version of the protocol."""
_TABLE_MAIN, _BY_BOOT, _UNIVERSE, _UNICAST = 254, 3, 0, 1

Interface = IPv4Interface | IPv6Interface


class Link(NamedTuple):
    """One network interface."""

    number: int
    """Its index, as the kernel counts."""
    name: str
    master: int
    """The index of the bridge it is plugged into; 0: none."""
    alias: str
    """What whoever made it wrote on it."""


class Links:
    """The interfaces of the network namespace in which this was opened. Its calls raise OSError."""

    def __init__(self) -> None:
        self._netlink = Netlink(ROUTE)

    def close(self) -> None:
        """Let go of the kernel."""
        self._netlink.close()

    def all(self) -> list[Link]:
        """List every interface."""
        found = []
        for answer in self._netlink.ask(Message(_GET_LINK, DUMP, _LINK.pack(0, 0, 0, 0, 0))):
            known = dict(attributes(answer.body[_LINK.size :]))
            found.append(
                Link(
                    _LINK.unpack_from(answer.body)[2],
                    _string(known.get(_NAME, b"")),
                    struct.unpack("=I", known.get(_MASTER, bytes(4)))[0],
                    _string(known.get(_ALIAS, b"")),
                )
            )
        return found

    def index(self, name: str) -> int:
        """Find an interface by name; 0 if there is none."""
        request = Message(_GET_LINK, ACKNOWLEDGE, _LINK.pack(0, 0, 0, 0, 0) + text(_NAME, name))
        try:
            answers = self._netlink.ask(request)
        except OSError:
            return 0
        number: int = _LINK.unpack_from(answers[0].body)[2]
        return number

    def add_bridge(self, name: str, alias: str, mtu: int) -> int:
        """Make a bridge; return its index. Raises FileExistsError."""
        kind = nested(_INFO, text(_KIND, "bridge"))
        more = attribute(_MTU, struct.pack("=I", mtu))
        self._new_link(text(_NAME, name) + text(_ALIAS, alias) + more + kind)
        return self.index(name)

    def add_veth(self, name: str, bridge: int, peer: str, mac: bytes, namespace: int, mtu: int) -> None:
        """Make a pair of interfaces, one plugged into a bridge and up, one in another network namespace.

        `namespace` is a descriptor. Raises FileExistsError.
        """
        size = attribute(_MTU, struct.pack("=I", mtu))
        inside = attribute(_NAMESPACE, struct.pack("=I", namespace)) + attribute(_MAC, mac)
        other = _LINK.pack(0, 0, 0, 0, 0) + text(_NAME, peer) + inside + size
        kind = nested(_INFO, text(_KIND, "veth"), nested(_DATA, attribute(_PEER | 0x8000, other)))
        master = attribute(_MASTER, struct.pack("=I", bridge))
        self._new_link(text(_NAME, name) + master + size + kind, up=True)

    def raise_up(self, index: int) -> None:
        """Bring an interface up."""
        body = _LINK.pack(0, 0, index, _UP, _UP)
        self._netlink.ask(Message(_NEW_LINK, ACKNOWLEDGE, body))

    def add_address(self, index: int, address: str) -> None:
        """Give an interface an address, `a.b.c.d/length`. Raises FileExistsError."""
        interface = ip_interface(address)
        flags = _NO_DETECTION if interface.version == 6 else 0
        body = _ADDRESS.pack(_FAMILY[interface.version], interface.network.prefixlen, flags, 0, index)
        body += attribute(_LOCAL, interface.ip.packed) + attribute(_SUBNET, interface.ip.packed)
        if interface.version == 4 and interface.network.num_addresses > 2:
            body += attribute(_BROADCAST, interface.network.broadcast_address.packed)
        self._netlink.ask(Message(_NEW_ADDRESS, ACKNOWLEDGE | CREATE | EXCLUSIVE, body))

    def add_gateway(self, index: int, gateway: str) -> None:
        """Send what is for elsewhere through a gateway that can be reached from this interface."""
        address = ip_address(gateway)
        body = _ROUTE.pack(_FAMILY[address.version], 0, 0, 0, _TABLE_MAIN, _BY_BOOT, _UNIVERSE, _UNICAST, 0)
        body += attribute(_GATEWAY, address.packed) + attribute(_OUT, struct.pack("=I", index))
        self._netlink.ask(Message(_NEW_ROUTE, ACKNOWLEDGE | CREATE | EXCLUSIVE, body))

    def remove(self, index: int) -> None:
        """Remove an interface; one that is gone already need not be."""
        try:
            self._netlink.ask(Message(_DELETE_LINK, ACKNOWLEDGE, _LINK.pack(0, 0, index, 0, 0)))
        except OSError:
            return

    def destinations(self) -> Iterator[IPv4Network | IPv6Network]:
        """Yield every network that this machine knows a way to, but for everywhere."""
        for answer in self._netlink.ask(Message(_GET_ROUTE, DUMP, _ROUTE.pack(0, 0, 0, 0, 0, 0, 0, 0, 0))):
            family, length = _ROUTE.unpack_from(answer.body)[:2]
            target = dict(attributes(answer.body[_ROUTE.size :])).get(_DESTINATION)
            if target and length:
                kind = IPv4Network if family == _FAMILY[4] else IPv6Network
                yield kind((target, length), strict=False)

    def _new_link(self, body: bytes, *, up: bool = False) -> None:
        flags = _UP if up else 0
        body = _LINK.pack(0, 0, 0, flags, flags) + body
        self._netlink.ask(Message(_NEW_LINK, ACKNOWLEDGE | CREATE | EXCLUSIVE, body))


def _string(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")
