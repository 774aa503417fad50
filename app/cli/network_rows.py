"""Networks as rows of `network ls`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.rows import Row

if TYPE_CHECKING:
    from engine.network.network import Network

HEADINGS = {
    "ID": "NETWORK ID",
    "Name": "NAME",
    "Driver": "DRIVER",
    "Scope": "SCOPE",
    "IPv4": "IPV4",
    "IPv6": "IPV6",
    "Internal": "INTERNAL",
    "Labels": "LABELS",
    "CreatedAt": "CREATED AT",
}


def network_row(network: Network, *, whole: bool) -> Row:
    """Make the row of one network; `whole` shows its whole id."""
    import datetime

    made = datetime.datetime.fromtimestamp(network.created, datetime.UTC)
    return Row(
        {
            "CreatedAt": f"{made:%Y-%m-%d %H:%M:%S.%f} +0000 UTC",
            "Driver": network.driver,
            "ID": network.id if whole else network.id[:12],
            "IPv4": str(any(pool.network.version == 4 for pool in network.pools)).lower(),
            "IPv6": str(network.facts.ipv6).lower(),
            "Internal": str(network.facts.internal).lower(),
            "Labels": ",".join(f"{name}={network.labels[name]}" for name in sorted(network.labels)),
            "Name": network.name,
            "Scope": "local",
        },
        network.labels,
    )
