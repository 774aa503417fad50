"""From the records to what a container is to be plugged into, at each start anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.errors import NotFound
from engine.network.endpoint import Endpoint
from engine.network.network import Network
from engine.network.networks import Networks, with_length
from engine.runtime.network.plan import Plan, Port, Wire

ANY_PORT = (0, 0)


def plan(
    networks: Networks,
    container: str,
    names: Sequence[str],
    bindings: Mapping[str, Sequence[Mapping[str, str]]],
    servers: Sequence[str] = (),
) -> Plan:
    """Work out the wires and ports of a container that goes by these names.

    `bindings` are docker's PortBindings. Raises NotFound where a network has gone.
    """
    known = {network.id: network for network in networks.all()}
    points = networks.of(container)
    for point in points:
        if point.network not in known:
            raise NotFound(f"network {point.name} not found", details="it was removed meanwhile")
    leading = max(points, key=lambda one: _rank(one, known[one.network]), default=None)
    wires = [wire(networks, point, known[point.network], names, leads=point is leading) for point in points]
    return Plan(
        tuple(wires), tuple(ports(bindings)), resolves(known[one.network] for one in points), tuple(servers)
    )


def wire(
    networks: Networks, endpoint: Endpoint, network: Network, names: Sequence[str], *, leads: bool
) -> Wire:
    """Describe one wire; `leads` says whether what is for elsewhere goes this way."""
    addresses = (with_length(endpoint.address, network), with_length(endpoint.address6, network))
    own = () if network.predefined else (*names, *(one for one in endpoint.asked.aliases if one not in names))
    gateways = tuple(pool.gateway for pool in network.pools) if leads and not network.facts.internal else ()
    return Wire(
        network.bridge(networks.store.paths.root),
        f"eth{endpoint.place}",
        endpoint.mac,
        tuple(filter(None, addresses)),
        gateways,
        own,
        network.name,
        tuple(_link(word) for word in endpoint.asked.links),
        endpoint.id,
    )


def resolves(networks: Iterable[Network]) -> bool:
    """Tell whether names are looked up on one of these networks: on all that somebody made."""
    return any(not network.predefined for network in networks)


def ports(bindings: Mapping[str, Sequence[Mapping[str, str]]]) -> list[Port]:
    """Read docker's PortBindings."""
    found = []
    for name, places in bindings.items():
        number, _, protocol = name.partition("/")
        for place in places:
            first, last = _range(place.get("HostPort") or "")
            found.append(Port(int(number), protocol or "tcp", place.get("HostIp") or "", first, last))
    return found


def _range(text: str) -> tuple[int, int]:
    if not text:
        return ANY_PORT
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def _rank(endpoint: Endpoint, network: Network) -> tuple[bool, int, int]:
    """Order the networks by which of them leads to elsewhere: as was asked, then as they were named."""
    return not network.facts.internal, endpoint.asked.priority, -endpoint.place


def _link(word: str) -> tuple[str, str]:
    """Read CONTAINER[:NAME] as the name and whose it is."""
    container, _, name = word.partition(":")
    return name or container, container
