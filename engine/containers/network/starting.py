"""What a container is plugged into when it starts, and the files by which it finds others then."""

from __future__ import annotations

import os
from collections.abc import Mapping

from engine.containers.network.joining import is_private
from engine.containers.record import Container
from engine.network.networks import Networks
from engine.network.planning import plan
from engine.paths import ContainerPaths
from engine.runtime import hosts
from engine.runtime.network.plan import Plan
from engine.runtime.network.sandbox import RESOLVER

_EVERYWHERE: Mapping[str, str] = {"HostIp": "", "HostPort": ""}


def planned(container: Container, networks: Networks) -> Plan | None:
    """Work out a container's network; None for one that has none of its own. Raises NotFound."""
    host = container.host_config
    if is_private(host["NetworkMode"]):
        return None
    bindings = dict(host.get("PortBindings") or {})
    if host.get("PublishAllPorts"):
        for port in container.config["Config"].get("ExposedPorts") or ():
            bindings.setdefault(port, [_EVERYWHERE])
    found = plan(networks, container.id, names(container), bindings, host.get("Dns") or ())
    # On a machine that asks itself for names, a container can only ask there through somebody else.
    alone = not found.servers and bool(found.wires) and hosts.asks_itself()
    return found._replace(resolves=found.resolves or alone)


def names(container: Container) -> tuple[str, ...]:
    """Tell by which names others on a network find a container."""
    hostname = container.config["Config"]["Hostname"]
    found = dict.fromkeys((container.name, container.id[:12], hostname))
    return tuple(found)


def write_files(container: Container, planned: Plan, paths: ContainerPaths) -> None:
    """Write /etc/hosts and /etc/resolv.conf, into the files that are there: they may be mounted."""
    config, host = container.config["Config"], container.host_config
    full = f"{config['Hostname']}.{config['Domainname']} {config['Hostname']}"
    own = full if config["Domainname"] else config["Hostname"]
    addresses = [address.partition("/")[0] for wire in planned.wires for address in wire.addresses]
    gateway = next((gateway for wire in planned.wires for gateway in wire.gateways), "")
    _write(f"{paths.bundle}/hosts", hosts.own_network(host.get("ExtraHosts") or (), addresses, own, gateway))
    options, search = host.get("DnsOptions") or (), host.get("DnsSearch") or ()
    if planned.resolves:
        text = hosts.resolver((RESOLVER,), hosts.with_dots(options), search)
    else:
        text = hosts.resolver(host.get("Dns") or (), options, search)
    _write(f"{paths.bundle}/resolv.conf", text)


def _write(path: str, text: str) -> None:
    mode = "r+" if os.path.exists(path) else "w"
    with open(path, mode, encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        file.truncate()
