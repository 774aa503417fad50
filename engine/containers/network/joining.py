"""Which networks a new container is on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.containers.namespaces import other
from engine.containers.options import Options
from engine.errors import InvalidInput
from engine.network.endpoint import Joining, check, plug
from engine.network.network import DEFAULT, Network
from engine.network.networks import Networks

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

Chosen = Sequence[tuple[Network, Joining]]


def is_private(mode: str) -> bool:
    """Tell whether a mode is no network: nobody's, the host's, or another container's."""
    return mode in ("none", "host") or bool(other(mode))


def choose(networks: Networks, options: Options) -> Chosen:
    """Find the networks that are asked for. Raises NotFound, InvalidInput."""
    if is_private(options.network):
        if len(options.joins) > 1:
            raise InvalidInput(
                "conflicting options: cannot attach both user-defined and non-user-defined network-modes"
            )
        _refuse_addresses(options.joins)
        return ()
    chosen: list[tuple[Network, Joining]] = []
    for join in options.joins or (Joining(DEFAULT),):
        network = networks.default() if join.network in (DEFAULT, "default") else networks.get(join.network)
        if any(network.id == known.id for known, _ in chosen):
            raise InvalidInput(f'network "{network.name}" is specified multiple times')
        check(network, join)
        chosen.append((network, join))
    return chosen


def again(networks: Networks, container: str) -> Chosen:
    """Find the networks of another container, as they were asked for but for addresses that are taken."""
    known = {network.id: network for network in networks.all()}
    return [
        (known[point.network], point.asked._replace(address="", address6="", mac=""))
        for point in networks.of(container)
        if point.network in known
    ]


def join(connection: sqlite3.Connection, container: str, chosen: Chosen) -> None:
    """Give a container its places, inside of the transaction that lists it."""
    for network, joining in chosen:
        plug(connection, container, network, joining)


def bindings(options: Options) -> dict[str, list[dict[str, str]]]:
    """Write docker's PortBindings."""
    found: dict[str, list[dict[str, str]]] = {}
    for port in options.published:
        name = f"{port.container}/{port.protocol}"
        found.setdefault(name, []).append({"HostIp": port.address, "HostPort": port.host})
    return found


def exposed(options: Options) -> Mapping[str, Any]:
    """Name the ports that a container says it serves, those that are published included."""
    return {
        port: {}
        for port in (*options.exposed, *(f"{port.container}/{port.protocol}" for port in options.published))
    }


def _refuse_addresses(joins: Sequence[Joining]) -> None:
    for joining in joins:
        if joining.aliases:
            raise InvalidInput("network-scoped aliases are only supported for user-defined networks")
        if joining.address or joining.address6:
            raise InvalidInput("user specified IP address is supported on user defined networks only")
