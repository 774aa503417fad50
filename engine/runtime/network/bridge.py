"""The bridges of networks: each is there while a container is plugged into it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from engine.kernel.links import Links
from engine.kernel.nftables import Tables
from engine.runtime.network import firewall
from engine.runtime.network.plan import Bridge, Wire
from engine.runtime.network.sandbox import Sandbox

OWNER = "stackyard "
"""What stands on each of our bridges, before the store whose it is and the network's id."""
_FORWARDING = {4: "/proc/sys/net/ipv4/ip_forward", 6: "/proc/sys/net/ipv6/conf/all/forwarding"}


def outer_end(container: str, interface: str) -> str:
    """Name the outer end of a container's wire, in the 15 letters that the kernel has for it."""
    return f"vy{container[:9]}{interface.removeprefix('eth')}"[:15]


@contextmanager
def kernel() -> Iterator[tuple[Links, Tables]]:
    """Open the host's links and tables for a moment."""
    links, tables = Links(), Tables()
    try:
        yield links, tables
    finally:
        links.close()
        tables.close()


def plug_in(wire: Wire, host: str, sandbox: Sandbox, links: Links, tables: Tables) -> None:
    """Lead a wire, whose outer end is to be called `host`, from a sandbox into its bridge.

    The bridge is made unless it is there. To be called under the lock of the networks. Raises OSError.
    """
    index = links.index(wire.bridge.name) or _raise(wire.bridge, links, tables)
    if stale := links.index(host):
        # Its container was killed with its monitor, and the kernel is slow to clear up.
        links.remove(stale)
    mac = bytes.fromhex(wire.mac.replace(":", ""))
    links.add_veth(host, index, wire.interface, mac, sandbox.descriptor, wire.bridge.mtu)
    try:
        sandbox.furnish(wire)
    except OSError:
        links.remove(links.index(host))
        raise


def unplug(host: str, bridge: str, links: Links, tables: Tables) -> None:
    """Take a wire away, and its bridge if that was the last; to be called under the lock of the networks."""
    if index := links.index(host):
        links.remove(index)
    remove_unused(bridge, links, tables)


def remove_unused(bridge: str, links: Links, tables: Tables) -> None:
    """Remove a bridge that nothing is plugged into, and its rules."""
    every = links.all()
    index = next((link.number for link in every if link.name == bridge), 0)
    if index and any(link.master == index for link in every):
        return
    firewall.take_down(bridge, tables)
    if index:
        links.remove(index)


def sweep(owner: str, networks: Collection[str]) -> None:
    """Remove the bridges of a store that nothing is plugged into, or whose networks are not among these."""
    with kernel() as (links, tables):
        for link in links.all():
            store, _, network = link.alias.removeprefix(OWNER).partition(" ")
            if link.alias.startswith(OWNER) and store == owner and network not in networks:
                remove_unused(link.name, links, tables)


def _raise(bridge: Bridge, links: Links, tables: Tables) -> int:
    """Make a bridge with its addresses and its rules; nothing is left if that fails."""
    index = links.add_bridge(bridge.name, f"{OWNER}{bridge.owner} {bridge.network}", bridge.mtu)
    try:
        for address in bridge.addresses:
            links.add_address(index, address)
        links.raise_up(index)
        if not bridge.internal:
            for version in {6 if ":" in address else 4 for address in bridge.addresses}:
                _forward(_FORWARDING[version])
        firewall.raise_around(bridge, tables)
    except OSError:
        firewall.take_down(bridge.name, tables)
        links.remove(index)
        raise
    return index


def _forward(path: str) -> None:
    """Let the kernel pass packets on from one interface to another."""
    with open(path, "r+b", buffering=0) as file:
        if file.read(2)[:1] != b"1":
            file.seek(0)
            file.write(b"1")
