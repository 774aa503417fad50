"""Plugging a container into a network, or out of one, whether it runs or not."""

from __future__ import annotations

from engine.containers.lifecycle import Lifecycle
from engine.containers.namespaces import other
from engine.containers.network.starting import planned, write_files
from engine.containers.record import Container
from engine.errors import Conflict, InUse, NotFound
from engine.network.endpoint import Endpoint, Joining, check, plug
from engine.network.networks import Networks


def connect(container: Container, asked: Joining, networks: Networks, lifecycle: Lifecycle) -> Endpoint:
    """Plug a container into one more network. Raises NotFound, Conflict, InUse, InvalidInput, StartFailed."""
    network = networks.get(asked.network)
    _refuse(container, network.name)
    check(network, asked)
    with lifecycle.locked(container) as paths:
        if any(one.network == network.id for one in networks.of(container.id)):
            raise InUse(f"endpoint with name {container.name} already exists in network {network.name}")
        with networks.store.transaction() as connection:
            endpoint = plug(connection, container.id, network, asked)
        plan = planned(container, networks)
        if container.state.running and plan:
            wire = next(wire for wire in plan.wires if wire.bridge.network == network.id)
            try:
                lifecycle.say(container, {"do": "plug", "wire": wire, "resolves": plan.resolves})
            except BaseException:
                _forget(networks, endpoint)
                raise
            write_files(container, plan, paths)
    networks.tell("connect", network.id, network.name, container.id)
    return endpoint


def disconnect(
    container: Container, name: str, networks: Networks, lifecycle: Lifecycle, *, force: bool = False
) -> None:
    """Plug a container out of a network. Raises NotFound, Conflict."""
    points = networks.of(container.id)
    network = networks.get(name)
    endpoint = next((one for one in points if one.network == network.id), None)
    if endpoint is None:
        if network.name == "host" and container.host_config["NetworkMode"] == "host":
            raise Conflict("container cannot be disconnected from host network or connected to host network")
        raise NotFound(f"container {container.id} is not connected to network {network.name}")
    with lifecycle.locked(container) as paths:
        if container.state.running:
            lifecycle.say(container, {"do": "unplug", "network": network.id})
        _forget(networks, endpoint)
        plan = planned(container, networks)
        if container.state.running and plan:
            write_files(container, plan, paths)
    networks.tell("disconnect", network.id, network.name, container.id)


def renamed(container: Container, networks: Networks) -> None:
    """Let a running container be found by its new name."""
    from engine.runtime.network.members import announce

    plan = planned(container, networks)
    for wire in plan.wires if plan and container.state.running else ():
        announce(networks.store.paths.network(wire.bridge.network), container.id, wire)


def _refuse(container: Container, network: str) -> None:
    mode = container.host_config["NetworkMode"]
    if network == "host" or mode == "host":
        raise Conflict("container cannot be disconnected from host network or connected to host network")
    if network == "none" or mode == "none":
        raise Conflict(
            "container cannot be connected to multiple networks with one of the networks in private (none)"
            " mode"
        )
    if other(mode):
        raise Conflict(
            "container sharing network namespace with another container or host cannot be connected to any"
            " other network"
        )


def _forget(networks: Networks, endpoint: Endpoint) -> None:
    with networks.store.transaction() as connection:
        connection.execute("DELETE FROM endpoints WHERE id = ?", (endpoint.id,))
