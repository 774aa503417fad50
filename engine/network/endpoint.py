"""Where a container is plugged into a network: its address there, and what was asked for."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address
from typing import Any, NamedTuple

from engine.errors import InvalidInput
from engine.network.network import DEFAULT, Network, Pool
from engine.network.pools import next_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3


class Joining(NamedTuple):
    """What is asked for on one network."""

    network: str
    """Its name or id."""
    aliases: tuple[str, ...] = ()
    address: str = ""
    address6: str = ""
    mac: str = ""
    links: tuple[str, ...] = ()
    """CONTAINER[:NAME] each."""
    priority: int = 0
    """The highest leads to elsewhere; docker's gw-priority."""


class Endpoint(NamedTuple):
    """One container on one network."""

    id: str
    container: str
    network: str
    """The network's id."""
    name: str
    """The network's name."""
    place: int
    """Its interface inside is eth and this number."""
    address: str
    address6: str
    mac: str
    asked: Joining

    def config(self) -> dict[str, Any] | None:
        """Describe what addresses were asked for, as docker does."""
        asked = {"IPv4Address": self.asked.address, "IPv6Address": self.asked.address6}
        return {key: value for key, value in asked.items() if value} or None


def from_row(row: sqlite3.Row) -> Endpoint:
    """Make the value of a row."""
    asked = Joining(*json.loads(row["asked"]))
    asked = asked._replace(aliases=tuple(asked.aliases), links=tuple(asked.links))
    return Endpoint(
        row["id"],
        row["container"],
        row["network"],
        row["name"],
        row["place"],
        row["address"],
        row["address6"],
        row["mac"],
        asked,
    )


def check(network: Network, asked: Joining) -> None:
    """Raise InvalidInput, in docker's words, for what this network cannot give."""
    if network.name == DEFAULT and asked.aliases:
        raise InvalidInput("network-scoped aliases are only supported for user-defined networks")
    for address, version in ((asked.address, 4), (asked.address6, 6)):
        if not address:
            continue
        if network.predefined:
            raise InvalidInput("user specified IP address is supported on user defined networks only")
        _check_address(network, address, version)
    if asked.mac and not _is_mac(asked.mac):
        raise InvalidInput(f"{asked.mac} is not a valid mac address")


def plug(connection: sqlite3.Connection, container: str, network: Network, asked: Joining) -> Endpoint:
    """Give a container a place and addresses on a network, inside of a transaction."""
    rows = connection.execute("SELECT place FROM endpoints WHERE container = ?", (container,)).fetchall()
    place = max((row["place"] for row in rows), default=-1) + 1
    address = _address(connection, network, asked.address, 4)
    address6 = _address(connection, network, asked.address6, 6)
    mac = asked.mac or _mac(address)
    endpoint = Endpoint(
        os.urandom(32).hex(), container, network.id, network.name, place, address, address6, mac, asked
    )
    connection.execute(
        "INSERT INTO endpoints (id, container, network, name, place, address, address6, mac, asked)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*endpoint[:8], json.dumps(asked)),
    )
    return endpoint


def _address(connection: sqlite3.Connection, network: Network, asked: str, version: int) -> str:
    pool = next((pool for pool in network.pools if pool.network.version == version), None)
    if pool is None:
        return ""
    column = "address" if version == 4 else "address6"
    rows = connection.execute(
        f"SELECT {column} FROM endpoints WHERE network = ? ORDER BY rowid DESC", (network.id,)
    ).fetchall()
    taken = {row[column] for row in rows} | {pool.gateway, *pool.auxiliary.values()}
    if asked:
        if asked in taken:
            raise InvalidInput("Address already in use", details=f"{asked} on the network {network.name}")
        return asked
    last = _last(connection, network.id, pool)
    found = next_address(pool.given, taken, last, f"{network.name} ({network.id})")
    _remember(connection, network.id, pool, found)
    return found


def _last(connection: sqlite3.Connection, network: str, pool: Pool) -> str:
    """Read which address of a pool was given last."""
    row = connection.execute(
        "SELECT address FROM given WHERE pool = ?", (f"{network} {pool.subnet}",)
    ).fetchone()
    return row["address"] if row else ""


def _remember(connection: sqlite3.Connection, network: str, pool: Pool, address: str) -> None:
    connection.execute("INSERT OR REPLACE INTO given VALUES (?, ?)", (f"{network} {pool.subnet}", address))


def _check_address(network: Network, address: str, version: int) -> None:
    try:
        value = ip_address(address)
    except ValueError:
        raise InvalidInput(f"invalid IPv{version} address: {address}") from None
    if value.version != version:
        raise InvalidInput(f"invalid IPv{version} address: {address}")
    pools = [pool.network for pool in network.pools if pool.network.version == version]
    if not any(value in pool for pool in pools):
        raise InvalidInput(
            f"invalid config for network {network.name}: invalid endpoint settings:\n"
            f"no configured subnet or ip-range contain the IP address {address}"
        )


def _mac(address: str) -> str:
    """Make up a hardware address: from the address where there is one, as docker long did."""
    tail = IPv4Address(address).packed if address else os.urandom(4)
    return ":".join(f"{byte:02x}" for byte in b"\x02\x42" + tail)


def _is_mac(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", text))


def endpoints(rows: Sequence[sqlite3.Row]) -> tuple[Endpoint, ...]:
    """Make the values of rows."""
    return tuple(map(from_row, rows))
