"""Networks as the engine offers them: create, list, connect, remove."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from engine.errors import AlreadyExists, Ambiguous, EngineError, InUse, InvalidInput, NotFound, NotPermitted
from engine.events import EventLog, event
from engine.moments import written
from engine.network import pools
from engine.network.endpoint import Endpoint, endpoints
from engine.network.filters import Filters, prunable, questions
from engine.network.network import (
    DEFAULT,
    PREDEFINED,
    Facts,
    Network,
    Pool,
    check_name,
    check_options,
    from_row,
    insert,
)
from engine.store.locks import Lock, is_locked
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_DRIVERS = {"bridge": "bridge", "host": "host", "none": "null"}


class Wanted(NamedTuple):
    """What a new network is to be like."""

    name: str
    driver: str = "bridge"
    pools: tuple[Pool, ...] = ()
    """Those that are asked for; a gateway may be empty."""
    labels: Mapping[str, str] = {}
    options: Mapping[str, str] = {}
    facts: Facts = Facts()


class Networks:
    """The networks of one store."""

    def __init__(self, store: Store, events: EventLog) -> None:
        self.store = store
        self.events = events

    def all(self, filters: Filters = {}) -> list[Network]:  # noqa: B006 - never written to
        """Return the networks that pass every filter, by name.

        Filters: name, id, driver, scope, label, type, dangling. Raises InvalidInput for others.
        """
        asked = questions(filters, self._used)
        return [network for network in self._all() if all(question(network) for question in asked)]

    def get(self, name: str) -> Network:
        """Find a network by name, id or a beginning of its id. Raises NotFound and Ambiguous."""
        found = self._all()
        exact = [one for one in found if name in (one.name, one.id)]
        matches = exact or [one for one in found if name and one.id.startswith(name)]
        if not matches:
            raise NotFound(
                f"network {name} not found", resolution="`stackyard network ls` lists the networks there are"
            )
        if len(matches) > 1:
            raise Ambiguous(f"network {name} is ambiguous ({len(matches)} matches found based on ID prefix)")
        return matches[0]

    def create(self, wanted: Wanted) -> Network:
        """Make a network. Raises AlreadyExists, InvalidInput, Conflict."""
        check_name(wanted.name)
        if wanted.name in PREDEFINED or wanted.driver in ("host", "null", "none"):
            kind = wanted.name if wanted.name in PREDEFINED else wanted.driver.replace("null", "none")
            raise NotPermitted(f"operation is not permitted on predefined {kind} network")
        if wanted.driver != "bridge":
            raise NotFound(f'plugin "{wanted.driver}" not found', resolution="the driver there is: bridge")
        check_options(wanted.options)
        self._all()
        with self.store.transaction() as connection:
            known = _everything(connection)
            if any(one.name == wanted.name for one in known):
                raise AlreadyExists(f"network with name {wanted.name} already exists")
            network = Network(
                os.urandom(32).hex(),
                wanted.name,
                wanted.driver,
                time.time(),
                _pools(wanted, known),
                dict(wanted.labels),
                dict(wanted.options),
                wanted.facts,
            )
            insert(connection, network)
        self._tell("create", network)
        return network

    def remove(self, name: str) -> Network:
        """Remove a network that no running container is on. Raises NotFound, InUse, NotPermitted."""
        network = self.get(name)
        if network.predefined:
            raise NotPermitted(f"{network.name} is a pre-defined network and cannot be removed")
        with Lock(self.store.paths.networks_lock), self.store.transaction() as connection:
            if active := self.active(network):
                raise InUse(
                    f"error while removing network: network {network.name} id {network.id}"
                    " has active endpoints",
                    details=f"running containers on it: {', '.join(one.container[:12] for one in active)}",
                    resolution="stop them, or take them off it with `stackyard network disconnect`",
                )
            connection.execute("DELETE FROM networks WHERE id = ?", (network.id,))
            for pool in network.pools:
                connection.execute("DELETE FROM given WHERE pool = ?", (f"{network.id} {pool.subnet}",))
            _sweep(self.store.paths.root, {one.id for one in _everything(connection)})
        self._tell("destroy", network)
        return network

    def prune(self, filters: Filters = {}) -> list[str]:  # noqa: B006 - never written to
        """Remove the networks that no container is on; return their names.

        Filters: label, label!, until. Raises InvalidInput for others.
        """
        asked, removed = prunable(filters), []
        used = self._used()
        for network in self._all():
            if network.predefined or network.id in used or not all(question(network) for question in asked):
                continue
            try:
                self.remove(network.id)
            except (NotFound, InUse):
                # Somebody else was quicker, with removing it or with using it.
                continue
            removed.append(network.name)
        self.events.append(event("network", "prune", "", reclaimed="0"))
        return removed

    def inspect(self, name: str) -> dict[str, Any]:
        """Describe a network and its running members as docker's JSON document."""
        network = self.get(name)
        names = {row["id"]: row["name"] for row in self.store.query("SELECT id, name FROM containers")}
        return {
            "Name": network.name,
            "Id": network.id,
            "Created": written(network.created),
            "Scope": "local",
            "Driver": network.driver,
            "EnableIPv6": network.facts.ipv6,
            "IPAM": {
                "Driver": "default",
                "Options": None if network.predefined else {},
                "Config": [pool.document() for pool in network.pools] or None,
            },
            "Internal": network.facts.internal,
            "Attachable": network.facts.attachable,
            "Ingress": False,
            "ConfigFrom": {"Network": ""},
            "ConfigOnly": False,
            "Containers": {
                one.container: {
                    "Name": names.get(one.container, ""),
                    "EndpointID": one.id,
                    "MacAddress": one.mac,
                    "IPv4Address": with_length(one.address, network),
                    "IPv6Address": with_length(one.address6, network),
                }
                for one in self.active(network)
            },
            "Options": dict(network.options),
            "Labels": dict(network.labels),
        }

    def members(self, network: str) -> tuple[Endpoint, ...]:
        """Return who is on a network, running or not; `network` is its id."""
        return endpoints(
            self.store.query("SELECT * FROM endpoints WHERE network = ? ORDER BY rowid", (network,))
        )

    def of(self, container: str) -> tuple[Endpoint, ...]:
        """Return where a container is plugged in, in this order; `container` is its id."""
        return endpoints(
            self.store.query("SELECT * FROM endpoints WHERE container = ? ORDER BY place", (container,))
        )

    def active(self, network: Network) -> list[Endpoint]:
        """Return those members of a network whose containers run."""
        paths = self.store.paths
        return [
            one
            for one in self.members(network.id)
            if os.path.exists(f"{paths.network(network.id)}/{one.container}")
            and is_locked(paths.container(one.container).alive)
        ]

    def tell(self, action: str, network: str, name: str, container: str) -> None:
        """Write down that a container was plugged in or out."""
        kind = "bridge" if name not in ("host", "none") else {"host": "host", "none": "null"}[name]
        self.events.append(event("network", action, network, container=container, name=name, type=kind))

    def _all(self) -> Sequence[Network]:
        """Read all, by name; a new store gets those that are always there."""
        rows = self.store.query("SELECT * FROM networks ORDER BY name")
        if not rows:
            self._found()
            rows = self.store.query("SELECT * FROM networks ORDER BY name")
        return [from_row(row) for row in rows]

    def default(self) -> Network:
        """Return the network of containers that ask for none."""
        rows = self.store.query("SELECT * FROM networks WHERE name = ?", (DEFAULT,))
        return from_row(rows[0]) if rows else self.get(DEFAULT)

    def _found(self) -> None:
        with self.store.transaction() as connection:
            if _everything(connection):
                return
            for name, driver in _DRIVERS.items():
                found = (_pool(pools.choose(_of_machine())),) if name == DEFAULT else ()
                insert(connection, Network(os.urandom(32).hex(), name, driver, time.time(), found))

    def _used(self) -> frozenset[str]:
        return frozenset(row["network"] for row in self.store.query("SELECT DISTINCT network FROM endpoints"))

    def _tell(self, action: str, network: Network) -> None:
        self.events.append(event("network", action, network.id, name=network.name, type=network.driver))


def with_length(address: str, network: Network) -> str:
    """Write an address with the length of its network's prefix; empty for none."""
    version = 6 if ":" in address else 4
    pool = next((pool.network for pool in network.pools if pool.network.version == version), None)
    return f"{address}/{pool.prefixlen}" if address and pool else ""


def _everything(connection: sqlite3.Connection) -> list[Network]:
    return [from_row(row) for row in connection.execute("SELECT * FROM networks").fetchall()]


def _pools(wanted: Wanted, known: Sequence[Network]) -> tuple[Pool, ...]:
    """Check the subnets that are asked for, and choose those that are not."""
    others = [pool.network for network in known for pool in network.pools]
    machine = _of_machine(known)
    found: list[Pool] = []
    for pool in wanted.pools:
        network = pools.subnet(pool.subnet)
        pools.refuse_overlap(network, [*others, *(one.network for one in found)], machine)
        found.append(_checked(pool._replace(subnet=str(network))))
    if len({one.network.version for one in found}) < len(found):
        raise InvalidInput("a network has at most one subnet of IPv4 and one of IPv6")
    if all(one.network.version == 6 for one in found):
        found.insert(0, _pool(pools.choose([*others, *machine])))
    if wanted.facts.ipv6 and all(one.network.version == 4 for one in found):
        found.append(_pool(pools.choose_local()))
    if not wanted.facts.ipv6 and any(one.network.version == 6 for one in found):
        raise InvalidInput(
            "an IPv6 subnet is asked for, and no IPv6", resolution="add --ipv6, or leave the subnet out"
        )
    return tuple(found)


def _checked(pool: Pool) -> Pool:
    """Fill the gateway in; raises InvalidInput for an address that is not of the subnet."""
    network = pool.network
    if network.num_addresses < 4:
        raise InvalidInput(
            f"invalid subnet {pool.subnet}: there is no room in it for a gateway and a container"
        )
    if pool.range:
        part = pools.subnet(pool.range)
        if part.version != network.version or not part.subnet_of(network):  # type: ignore[arg-type]
            raise InvalidInput(f"no matching subnet for range {pool.range}")
        pool = pool._replace(range=str(part))
    spared = ((one, "aux-address") for one in pool.auxiliary.values())
    for address, what in ((pool.gateway, "gateway"), *spared):
        if address and not _within(address, pool):
            raise InvalidInput(f"no matching subnet for {what} {address}")
    return pool if pool.gateway else pool._replace(gateway=_first(pool))


def _within(address: str, pool: Pool) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(address) in pool.network
    except ValueError:
        raise InvalidInput(f"invalid ip address: {address}") from None


def _pool(network: pools.Network) -> Pool:
    pool = Pool(str(network), "")
    return pool._replace(gateway=_first(pool))


def _first(pool: Pool) -> str:
    return str(pool.network.network_address + 1)


def _of_machine(known: Sequence[Network] = ()) -> list[pools.Network]:
    """Tell what networks this machine is on, but for those that are ours."""
    from engine.kernel.links import Links

    ours = {pool.network for network in known for pool in network.pools}
    try:
        links = Links()
    except OSError as error:
        raise EngineError(f"cannot ask the kernel for its routes: {error.strerror}") from error
    try:
        return [one for one in links.destinations() if not any(_inside(one, own) for own in ours)]
    finally:
        links.close()


def _sweep(owner: str, networks: Collection[str]) -> None:
    """Remove bridges that some crash has left."""
    from engine.runtime.network.bridge import sweep

    with suppress(OSError):
        sweep(owner, networks)


def _inside(one: pools.Network, own: pools.Network) -> bool:
    return one.version == own.version and one.subnet_of(own)  # type: ignore[arg-type]
