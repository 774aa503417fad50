"""What a container is to be plugged into, as plain values that travel as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Bridge(NamedTuple):
    """The bridge of one network."""

    name: str
    network: str
    """The network's id."""
    addresses: tuple[str, ...] = ()
    """Its own: the gateways of the network, each with the length of its prefix."""
    internal: bool = False
    """Whether nothing leads out of it."""
    masquerade: bool = True
    """Whether what leads out is sent under the host's address."""
    mtu: int = 1500
    owner: str = ""
    """The store whose network it is."""


class Wire(NamedTuple):
    """One cable from a container into a bridge."""

    bridge: Bridge
    interface: str
    """Its name inside."""
    mac: str
    addresses: tuple[str, ...]
    """Inside, each with the length of its prefix; the IPv4 address first."""
    gateways: tuple[str, ...] = ()
    """Where what is for elsewhere goes; none if another wire leads there."""
    names: tuple[str, ...] = ()
    """By which others on the network find it; none where names are not looked up."""
    network: str = ""
    """The network's name, which may stand behind each of those after a dot."""
    links: tuple[tuple[str, str], ...] = ()
    """Names for this container alone, and whose they are."""
    endpoint: str = ""
    """The id of the place that it leads to."""

    @property
    def address(self) -> str:
        """The IPv4 address inside, without the prefix's length; empty if it has none."""
        return next((word.partition("/")[0] for word in self.addresses if ":" not in word), "")


class Port(NamedTuple):
    """One port of the container that is to be reached from outside."""

    container: int
    protocol: str
    """tcp or udp."""
    address: str = ""
    """Of the host; empty: any."""
    first: int = 0
    last: int = 0
    """The first that is free of these is taken; 0: any that is."""


class Plan(NamedTuple):
    """A container's whole network."""

    wires: tuple[Wire, ...] = ()
    ports: tuple[Port, ...] = ()
    resolves: bool = False
    """Whether others are found by their names, so that the container needs somebody who tells them."""
    servers: tuple[str, ...] = ()
    """Who is asked for other names; none: whoever the host asks."""


def wire_of(words: Sequence[Any]) -> Wire:
    """Read a wire as JSON has brought it."""
    bridge, *rest = words
    wire = Wire(Bridge(*bridge), *rest)
    return wire._replace(
        bridge=wire.bridge._replace(addresses=tuple(wire.bridge.addresses)),
        addresses=tuple(wire.addresses),
        gateways=tuple(wire.gateways),
        names=tuple(wire.names),
        links=tuple((name, other) for name, other in wire.links),
    )


def plan_of(words: Sequence[Any]) -> Plan:
    """Read a plan as JSON has brought it."""
    wires, ports, resolves, servers = words
    return Plan(tuple(map(wire_of, wires)), tuple(Port(*port) for port in ports), resolves, tuple(servers))
