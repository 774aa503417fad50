"""The rules around one bridge, in a table of its own that goes with it.

What other machines, and containers on other bridges, send to its members falls, unless it answers them or
was sent to a published port. What members send elsewhere goes under the host's address. Docker's own table
drops whatever it does not know: where it is there, it is told of the bridge in the chain that docker keeps
for others' rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_interface

from engine.kernel import nftables as nft
from engine.kernel.nftables import Chain, Tables, Transaction
from engine.runtime.network.plan import Bridge
from engine.runtime.network.ports import Published

_NUMBER = {"tcp": nft.TCP, "udp": nft.UDP}
_DROPPERS = ("DOCKER-USER", "FORWARD")
"""Where iptables' table is told to let our packets pass: docker's chain for others, else the hook's own."""


def raise_around(bridge: Bridge, tables: Tables) -> None:
    """Make the table of a bridge. Raises OSError."""
    name, change = bridge.name, Transaction(bridge.name)
    foreign = nft.to_interface(name), nft.from_interface(name, equal=False)
    change.add_table()
    change.add_chain(Chain("forward", "filter", nft.FORWARD, 0))
    change.add_rule("forward", *foreign, nft.known(), nft.accept())
    if bridge.internal:
        change.add_rule("forward", nft.from_interface(name), nft.to_interface(name, equal=False), nft.drop())
    else:
        _lead_out(change, bridge)
        change.add_rule("forward", *foreign, nft.redirected(), nft.accept())
    change.add_rule("forward", *foreign, nft.drop())
    tables.carry_out(change)
    _let_through(name, tables)


def take_down(bridge: str, tables: Tables) -> None:
    """Remove the table of a bridge, and what others' tables were told of it."""
    change = Transaction(bridge)
    change.delete_table()
    try:
        tables.carry_out(change)
    except FileNotFoundError:
        pass
    for family in (nft.IPV4, nft.IPV6):
        for chain in _DROPPERS:
            _forget(bridge, chain, family, tables)


def publish(bridge: str, ports: Iterable[Published], tables: Tables) -> None:
    """Send what comes from elsewhere for these ports of the host to the container. Raises OSError."""
    change, some = Transaction(bridge), False
    for port in ports:
        if port.leads_here:
            change.add_element(*_key(port), ip_address(port.target).packed + _wide(port.container))
            some = True
    if some:
        tables.carry_out(change)


def withdraw(bridge: str, ports: Iterable[Published], tables: Tables) -> None:
    """End that; harmless where it has ended."""
    for port in ports:
        if port.leads_here:
            change = Transaction(bridge)
            change.delete_element(*_key(port))
            try:
                tables.carry_out(change)
            except FileNotFoundError:
                continue


def _lead_out(change: Transaction, bridge: Bridge) -> None:
    """Masquerade what goes out, and redirect what comes for published ports."""
    away = nft.to_interface(bridge.name, equal=False)
    change.add_chain(Chain("postrouting", "nat", nft.POSTROUTING, 100))
    for address in bridge.addresses if bridge.masquerade else ():
        network = ip_interface(address).network
        source = nft.from_network(network.network_address.packed, network.prefixlen)
        change.add_rule("postrouting", source, away, nft.masquerade())
    change.add_chain(Chain("prerouting", "nat", nft.PREROUTING, -100))
    for number, (name, by_address) in enumerate((("ports_at", True), ("ports", False)), 1):
        change.add_map(name, number, by_address=by_address)
        elsewhere = nft.from_interface(bridge.name, equal=False)
        redirect = nft.redirect_by(name, by_address=by_address)
        change.add_rule("prerouting", elsewhere, nft.to_this_machine(), redirect)


def _key(port: Published) -> tuple[str, bytes]:
    """Name the map that a port belongs into, and its key there."""
    key = bytes([_NUMBER[port.protocol], 0, 0, 0]) + _wide(port.host)
    if port.address == "0.0.0.0":
        return "ports", key
    return "ports_at", ip_address(port.address).packed + key


def _wide(port: int) -> bytes:
    return port.to_bytes(2) + bytes(2)


def _let_through(bridge: str, tables: Tables) -> None:
    for family in (nft.IPV4, nft.IPV6):
        if not tables.drops_by_policy("filter", "FORWARD", family):
            continue
        chain = next(chain for chain in _DROPPERS if tables.has_chain("filter", chain, family))
        change = Transaction("filter", family)
        for direction in (nft.from_interface, nft.to_interface):
            change.add_rule(chain, direction(bridge), nft.accept(), first=True)
        tables.carry_out(change)


def _forget(bridge: str, chain: str, family: int, tables: Tables) -> None:
    if not tables.has_chain("filter", chain, family):
        return
    change, some = Transaction("filter", family), False
    for rule in tables.rules("filter", chain, family):
        if bridge.encode() + b"\0" in rule.expressions:
            change.delete_rule(chain, rule.handle)
            some = True
    if some:
        tables.carry_out(change)
