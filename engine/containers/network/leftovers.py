"""What a killed monitor left of its container's network."""

from __future__ import annotations

import os
from contextlib import suppress

from engine.containers.network.settings import published
from engine.containers.record import Container
from engine.events import EventLog
from engine.network.networks import Networks
from engine.runtime.network import firewall, members
from engine.runtime.network.bridge import kernel, outer_end, unplug
from engine.store.locks import Lock
from engine.store.store import Store


def clear(container: Container, store: Store) -> None:
    """Take it back: the wires have gone with their namespace, names, ports and empty bridges have not."""
    paths = store.paths.container(container.id)
    networks = Networks(store, EventLog(store.paths.events))
    known = {network.id: network for network in networks.all()}
    ports = published(paths)
    with suppress(OSError):
        os.unlink(paths.ports)
    with suppress(OSError), Lock(store.paths.networks_lock), kernel() as (links, tables):
        for endpoint in networks.of(container.id):
            members.leave(store.paths.network(endpoint.network), container.id)
            if network := known.get(endpoint.network):
                bridge = network.bridge(store.paths.root).name
                firewall.withdraw(bridge, [port for port in ports if port.target == endpoint.address], tables)
                unplug(outer_end(container.id, f"eth{endpoint.place}"), bridge, links, tables)
