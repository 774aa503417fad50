"""`network ls`, `create`, `connect`, `disconnect`, `rm`: the networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, say
from app.cli.flags import Arguments, Flag, UsageError, filter_word, label_word
from engine.errors import EngineError, NotFound

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.network.network import Pool


def _list(engine: Engine, arguments: Arguments) -> int:
    from app.cli.listing import show
    from app.cli.network_rows import HEADINGS, network_row

    whole = arguments.switch("no-trunc")
    rows = [network_row(network, whole=whole) for network in engine.networks.all(arguments.filters())]
    quiet = "ID" if arguments.switch("quiet") else ""
    columns = ("ID", "Name", "Driver", "Scope")
    raw = {"network_id": "ID", "name": "Name", "driver": "Driver", "scope": "Scope"}
    show(rows, HEADINGS, columns, arguments.text("format"), quiet=quiet, raw=raw)
    return 0


def _create(engine: Engine, arguments: Arguments) -> int:
    from engine.network.network import Facts
    from engine.network.networks import Wanted

    if not arguments.switch("ipv4", True):
        raise UsageError("a network without IPv4 is not possible: containers are published over it", 1)
    if arguments.text("ipam-driver", "default") != "default" or arguments.words("ipam-opt"):
        driver = arguments.text("ipam-driver")
        raise UsageError(f"invalid ipam driver: {driver}: addresses are given by the engine itself", 1)
    if arguments.text("scope") not in ("", "local"):
        raise UsageError(f"invalid scope {arguments.text('scope')}: networks are local", 1)
    wanted = Wanted(
        arguments.positional[0],
        arguments.text("driver") or "bridge",
        _pools(arguments),
        _pairs(arguments.words("label")),
        _pairs(arguments.words("opt")),
        Facts(*map(arguments.switch, ("internal", "attachable", "ipv6"))),
    )
    say(engine.networks.create(wanted).id)
    return 0


def _pools(arguments: Arguments) -> tuple[Pool, ...]:
    """Put gateways, ranges and spared addresses with the subnets they lie in. Raises UsageError."""
    from engine.network.network import Pool
    from engine.network.pools import subnet

    found = [Pool(str(subnet(word)), "") for flag in arguments.words("subnet") for word in flag.split(",")]

    def at(word: str, what: str) -> int:
        for number, pool in enumerate(found):
            lies = subnet(word)
            if lies.version == pool.network.version and lies.subnet_of(pool.network):  # type: ignore[arg-type]
                return number
        raise UsageError(f"no matching subnet for {what} {word}", 1)

    for word in arguments.words("gateway"):
        number = at(word, "gateway")
        found[number] = found[number]._replace(gateway=word)
    for word in arguments.words("ip-range"):
        number = at(word, "range")
        found[number] = found[number]._replace(range=word)
    for word in arguments.words("aux-address"):
        name, _, address = word.partition("=")
        number = at(address, "aux-address")
        found[number] = found[number]._replace(auxiliary={**found[number].auxiliary, name: address})
    return tuple(found)


def _pairs(words: list[str]) -> dict[str, str]:
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def _connect(engine: Engine, arguments: Arguments) -> int:
    from engine.network.endpoint import Joining

    network, container = arguments.positional
    engine.containers.connect(
        container,
        Joining(
            network,
            tuple(arguments.words("alias")),
            arguments.text("ip"),
            arguments.text("ip6"),
            links=tuple(arguments.words("link")),
            priority=arguments.number("gw-priority") or 0,
        ),
    )
    return 0


def _disconnect(engine: Engine, arguments: Arguments) -> int:
    network, container = arguments.positional
    engine.containers.disconnect(container, network, force=arguments.switch("force"))
    return 0


def _remove(engine: Engine, arguments: Arguments) -> int:
    code = 0
    for name in arguments.positional:
        try:
            say(engine.networks.remove(name).name)
        except EngineError as error:
            if not (arguments.switch("force") and isinstance(error, NotFound)):
                complain(error)
                code = 1
    return code


LIST = Command(
    "[OPTIONS]",
    "List networks",
    _list,
    (
        Flag(
            "filter", "filter", 'Provide filter values (e.g. "driver=bridge")', short="f", check=filter_word
        ),
        Flag("format", "string", "Pretty-print networks using a Go template"),
        Flag("no-trunc", "bool", "Do not truncate the output"),
        Flag("quiet", "bool", "Only display network IDs", short="q"),
    ),
)
_SWARM = "it belongs to swarms, and a store is one machine's"
CREATE = Command(
    "[OPTIONS] NETWORK",
    "Create a network",
    _create,
    (
        Flag("attachable", "bool", "Enable manual container attachment"),
        Flag("aux-address", "map", "Addresses that are not given to containers", shown="map[]"),
        Flag("config-from", "string", "", later=_SWARM),
        Flag("config-only", "bool", "", later=_SWARM),
        Flag("driver", "string", "Driver to manage the Network", short="d", shown='"bridge"'),
        Flag("gateway", "list", "IPv4 or IPv6 Gateway for the master subnet"),
        Flag("ingress", "bool", "", later=_SWARM),
        Flag("internal", "bool", "Restrict external access to the network"),
        Flag("ip-range", "list", "Allocate container ip from a sub-range"),
        Flag("ipam-driver", "string", "IP Address Management Driver", shown='"default"'),
        Flag("ipam-opt", "map", "Set IPAM driver specific options", shown="map[]"),
        Flag("ipv4", "bool", "Enable or disable IPv4 address assignment", shown="true"),
        Flag("ipv6", "bool", "Enable or disable IPv6 address assignment"),
        Flag("label", "list", "Set metadata on a network", check=label_word),
        Flag("opt", "map", "Set driver specific options", short="o", shown="map[]"),
        Flag("scope", "string", "Control the network's scope"),
        Flag("subnet", "list", "Subnet in CIDR format that represents a network segment"),
    ),
    1,
    1,
)
CONNECT = Command(
    "[OPTIONS] NETWORK CONTAINER",
    "Connect a container to a network",
    _connect,
    (
        Flag("alias", "list", "Add network-scoped alias for the container"),
        Flag("driver-opt", "list", "", later="the bridge driver has no options for one container"),
        Flag("gw-priority", "int", "Highest gw-priority provides the default gateway"),
        Flag("ip", "string", 'IPv4 address (e.g., "172.30.100.104")'),
        Flag("ip6", "string", 'IPv6 address (e.g., "2001:db8::33")'),
        Flag("link", "list", "Add link to another container"),
        Flag("link-local-ip", "list", "", later="link-local addresses mean nothing to the bridge driver"),
    ),
    2,
    2,
)
DISCONNECT = Command(
    "[OPTIONS] NETWORK CONTAINER",
    "Disconnect a container from a network",
    _disconnect,
    (Flag("force", "bool", "Force the container to disconnect from a network", short="f"),),
    2,
    2,
)
REMOVE = Command(
    "NETWORK [NETWORK...]",
    "Remove one or more networks",
    _remove,
    (Flag("force", "bool", "Do not error if the network does not exist", short="f"),),
    1,
    None,
)
