"""What `inspect` and `ps` tell of a container's networks and ports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.network.endpoint import Endpoint
from engine.network.network import Network
from engine.network.networks import with_length
from engine.paths import ContainerPaths
from engine.runtime.network.ports import Published


def published(paths: ContainerPaths) -> tuple[Published, ...]:
    """Read what is published of a running container, in docker's order."""
    try:
        with open(paths.ports, encoding="utf-8") as file:
            found = [Published(*port) for port in json.load(file)]
    except (FileNotFoundError, ValueError):
        return ()
    return tuple(sorted(found, key=lambda one: (one.container, one.address, one.host, one.protocol)))


def document(
    container: Any, points: Sequence[Endpoint], networks: Mapping[str, Network], names: Sequence[str]
) -> dict[str, Any]:
    """Describe them as docker's NetworkSettings."""
    running = container.state.running
    exposed = container.config["Config"].get("ExposedPorts") or ()
    shown = {
        point.name: _endpoint(point, networks.get(point.network), names, running=running) for point in points
    }
    if not points and container.networks:
        shown = {name: _endpoint(None, None, (), running=False) for name in container.networks}
    default: Mapping[str, Any] = shown.get("bridge") or {}
    return {
        "Bridge": "",
        "SandboxID": container.id if running else "",
        "SandboxKey": f"/proc/{container.state.pid}/ns/net" if running else "",
        "Ports": _ports(container.published, exposed) if running else {},
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": default.get("EndpointID", ""),
        "Gateway": default.get("Gateway", ""),
        "GlobalIPv6Address": default.get("GlobalIPv6Address", ""),
        "GlobalIPv6PrefixLen": default.get("GlobalIPv6PrefixLen", 0),
        "IPAddress": default.get("IPAddress", ""),
        "IPPrefixLen": default.get("IPPrefixLen", 0),
        "IPv6Gateway": default.get("IPv6Gateway", ""),
        "MacAddress": default.get("MacAddress", ""),
        "Networks": shown,
    }


def _endpoint(
    point: Endpoint | None, network: Network | None, names: Sequence[str], *, running: bool
) -> dict[str, Any]:
    here = point if running and network else None
    own = bool(point and network and not network.predefined)
    aliases = point.asked.aliases if point else ()
    return {
        "IPAMConfig": point.config() if point else None,
        "Links": list(point.asked.links) or None if point else None,
        "Aliases": [*aliases, *names[1:2]] if own else None,
        "MacAddress": here.mac if here else "",
        "DriverOpts": None,
        "GwPriority": point.asked.priority if point else 0,
        "NetworkID": point.network if point else "",
        "EndpointID": here.id if here else "",
        "Gateway": _gateway(network, 4) if here and here.address else "",
        "IPAddress": here.address if here else "",
        "IPPrefixLen": _length(here.address, network) if here else 0,
        "IPv6Gateway": _gateway(network, 6) if here and here.address6 else "",
        "GlobalIPv6Address": here.address6 if here else "",
        "GlobalIPv6PrefixLen": _length(here.address6, network) if here else 0,
        "DNSNames": list(dict.fromkeys((*names[:1], *aliases, *names[1:]))) if own else None,
    }


def _gateway(network: Network | None, version: int) -> str:
    pools = network.pools if network else ()
    return next((pool.gateway for pool in pools if pool.network.version == version), "")


def _length(address: str, network: Network | None) -> int:
    return int(with_length(address, network).partition("/")[2] or 0) if network else 0


def _ports(published: Sequence[Published], exposed: Sequence[str]) -> dict[str, Any]:
    found: dict[str, list[dict[str, str]] | None] = dict.fromkeys(exposed)
    for port in published:
        place = {"HostIp": port.address, "HostPort": str(port.host)}
        name = f"{port.container}/{port.protocol}"
        found[name] = [*(found.get(name) or ()), place]
    return dict(sorted(found.items()))


def shown(published: Sequence[Published], exposed: Sequence[str]) -> str:
    """Write ports as `ps` shows them: what is the same outside as runs, then what is led elsewhere."""
    known = {f"{port.container}/{port.protocol}" for port in published}
    every = [(port.container, port.protocol, port.address, port.host) for port in published]
    for name in exposed:
        if name not in known:
            text, _, kind = name.partition("/")
            every.append((int(text), kind, "", 0))
    runs: dict[tuple[str, str], list[int]] = {}
    done, led = [], []
    for number, protocol, address, host in sorted(every, key=lambda one: (one[0], one[2], one[3], one[1])):
        place = f"[{address}]" if ":" in address else address
        if host and host != number:
            led.append(f"{place}:{host}->{number}/{protocol}")
            continue
        run = runs.setdefault((place, protocol), [number, number])
        if number > run[1] + 1:
            done.append(_run(place, protocol, run))
            run[0] = number
        run[1] = number
    return ", ".join([*done, *(_run(place, kind, run) for (place, kind), run in runs.items()), *led])


def _run(place: str, protocol: str, run: Sequence[int]) -> str:
    first, last = run
    text = str(first) if first == last else f"{first}-{last}"
    return f"{place}:{text}->{text}/{protocol}" if place else f"{text}/{protocol}"
