"""Subnets and addresses that nobody has yet."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import chain

from engine.errors import Conflict, EngineError, InvalidInput

Network = IPv4Network | IPv6Network

_FIRST_POOLS = [IPv4Network((f"172.{number}.0.0", 16)) for number in range(17, 32)]
"""What docker divides among networks that ask for no subnet; then 192.168.0.0/16 in pieces of /20."""


def subnet(text: str) -> Network:
    """Read a subnet. Raises InvalidInput in docker's words."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput(f"Invalid subnet {text} : invalid CIDR address: {text}") from None


def choose(taken: Iterable[Network]) -> IPv4Network:
    """Find a subnet that overlaps none of these."""
    known = [one for one in taken if isinstance(one, IPv4Network) and one.prefixlen > 1]
    for pool in _pools():
        if not any(pool.overlaps(one) for one in known):
            return pool
    raise Conflict(
        "all predefined address pools have been fully subnetted",
        resolution="remove networks that nobody uses (`stackyard network prune`), or name one with --subnet",
    )


def choose_local() -> IPv6Network:
    """Make up a unique local subnet; RFC 4193."""
    return IPv6Network((b"\xfd" + os.urandom(5) + bytes(10), 64))


def refuse_overlap(wanted: Network, others: Iterable[Network], machine: Iterable[Network]) -> None:
    """Raise Conflict for a subnet that another network, or the machine itself, is on."""
    for one in others:
        if _overlap(wanted, one):
            raise Conflict(
                "Pool overlaps with other one on this address space",
                details=f"{wanted} and {one}, which another network has",
                resolution="choose another --subnet, or none",
            )
    for one in machine:
        if one.prefixlen < one.max_prefixlen and not one.is_link_local and _overlap(wanted, one):
            raise Conflict(
                "Pool overlaps with other one on this address space",
                details=f"{wanted} and {one}, which this machine itself is on",
                resolution="choose another --subnet, or none",
            )


def next_address(pool: Network, taken: Collection[str], after: str, where: str) -> str:
    """Find the next address that nobody has, after the one given last; from the beginning at the end.

    One that was given back a moment ago is not given away again while others still know it.
    """
    last = int(ip_address(after)) if after else 0
    for address in chain(_hosts(pool, last), _hosts(pool, 0)):
        if str(address) not in taken:
            return str(address)
    version = "IPv6" if isinstance(pool, IPv6Network) else "IPv4"
    raise EngineError(
        f"no available {version} addresses on this network's address pools: {where}",
        resolution="remove containers that are on it, or make a larger network",
    )


def _hosts(pool: Network, after: int) -> Iterator[object]:
    """Yield the addresses that a machine may have, behind a number."""
    first, last = int(pool.network_address), int(pool.broadcast_address)
    if pool.num_addresses > 2:
        first, last = first + 1, last - (1 if isinstance(pool, IPv4Network) else 0)
    return map(type(pool.network_address), range(max(first, after + 1), last + 1))


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _pools() -> Iterator[IPv4Network]:
    yield from _FIRST_POOLS
    yield from IPv4Network("192.168.0.0/16").subnets(new_prefix=20)
