"""One network: its value, and its row in the records."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, NamedTuple

from engine.errors import InvalidInput
from engine.network.pools import Network as Subnet
from engine.runtime.network.plan import Bridge

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

DEFAULT = "bridge"
"""The network of containers that ask for none."""
PREDEFINED = ("bridge", "host", "none")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_PREFIX = "com.docker.network."
_BRIDGE_NAME = f"{_PREFIX}bridge.name"
_MASQUERADE = f"{_PREFIX}bridge.enable_ip_masquerade"
_MTU = f"{_PREFIX}driver.mtu"
_OPTIONS = frozenset((_BRIDGE_NAME, _MASQUERADE, _MTU))


class Pool(NamedTuple):
    """One subnet of a network."""

    subnet: str
    gateway: str
    range: str = ""
    """The part of it from which addresses are given; empty: all of it."""
    auxiliary: Mapping[str, str] = {}
    """Addresses that are not given, by name."""

    @property
    def network(self) -> Subnet:
        """The subnet as a value."""
        return ip_network(self.subnet)

    @property
    def given(self) -> Subnet:
        """Where addresses are given from."""
        return ip_network(self.range or self.subnet)

    def document(self) -> dict[str, Any]:
        """Describe it as docker's JSON."""
        return {
            "Subnet": self.subnet,
            **({"IPRange": self.range} if self.range else {}),
            "Gateway": self.gateway,
            **({"AuxiliaryAddresses": dict(self.auxiliary)} if self.auxiliary else {}),
        }


class Facts(NamedTuple):
    """What else was asked for."""

    internal: bool = False
    attachable: bool = False
    ipv6: bool = False


class Network(NamedTuple):
    """One network."""

    id: str
    name: str
    driver: str
    """bridge, host or null."""
    created: float
    pools: tuple[Pool, ...] = ()
    labels: Mapping[str, str] = {}
    options: Mapping[str, str] = {}
    facts: Facts = Facts()

    @property
    def predefined(self) -> bool:
        """Whether it is one of those that are always there."""
        return self.name in PREDEFINED

    @property
    def mtu(self) -> int:
        """The largest packet, in bytes."""
        return int(self.options.get(_MTU, "1500"))

    def bridge(self, owner: str) -> Bridge:
        """Say what its bridge is like, in the store `owner`."""
        return Bridge(
            self.options.get(_BRIDGE_NAME) or f"sy-{self.id[:12]}",
            self.id,
            tuple(f"{pool.gateway}/{pool.network.prefixlen}" for pool in self.pools),
            self.facts.internal,
            self.options.get(_MASQUERADE, "true").lower() in ("true", "1"),
            self.mtu,
            owner,
        )


def from_row(row: sqlite3.Row) -> Network:
    """Make the value of a row."""
    return Network(
        row["id"],
        row["name"],
        row["driver"],
        row["created"],
        tuple(Pool(*pool) for pool in json.loads(row["pools"])),
        json.loads(row["labels"]),
        json.loads(row["options"]),
        Facts(*json.loads(row["facts"])),
    )


def insert(connection: sqlite3.Connection, network: Network) -> None:
    """Write the row. Raises sqlite3.IntegrityError for a name that is taken."""
    connection.execute(
        "INSERT INTO networks (id, name, driver, created, pools, labels, options, facts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*network[:4], *map(json.dumps, network[4:])),
    )


def check_name(name: str) -> None:
    """Raise InvalidInput for a name that no network can have."""
    if not name.strip():
        raise InvalidInput("invalid name: name is empty")
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"invalid network name: {name!r} may have letters, digits, '_', '.' and '-'",
            details="the first is a letter or a digit",
        )


def check_options(options: Mapping[str, str]) -> None:
    """Raise InvalidInput for an option of a bridge that would be ignored, or has no sense."""
    for key, value in options.items():
        if key not in _OPTIONS:
            raise InvalidInput(
                f"the option {key!r} is not known to the bridge driver",
                resolution=f"there are {', '.join(sorted(_OPTIONS))}",
            )
        if key == _MTU and not (value.isdecimal() and 68 <= int(value) <= 65535):
            raise InvalidInput(f"invalid MTU {value!r}: it is a number of bytes from 68 to 65535")
        if key == _MASQUERADE and value.lower() not in ("true", "false", "1", "0"):
            raise InvalidInput(f"invalid value {value!r} for {key}: it is true or false")
        if key == _BRIDGE_NAME and not re.fullmatch(r"[^\s/:]{1,15}", value):
            raise InvalidInput(f"invalid bridge name {value!r}: at most 15 letters, no blank, / or :")
