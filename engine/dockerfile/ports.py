"""The ports of EXPOSE: `80`, `80/udp`, `8000-8010`, and what docker takes besides, `address:port:port`."""

from __future__ import annotations

from typing import NamedTuple

from engine.errors import InvalidInput


class Port(NamedTuple):
    """One word of EXPOSE, its variables put in."""

    low: int
    high: int
    protocol: str
    """As typed; `tcp` where nothing is said."""
    mapped: bool
    """An address or a port of the host was said too, which means nothing here."""

    def names(self) -> list[str]:
        """Return what an image's config says, `80/tcp` each."""
        return [f"{number}/{self.protocol.lower()}" for number in range(self.low, self.high + 1)]


def port(text: str) -> Port:
    """Read one word; raises InvalidInput with docker's sentence."""
    published, colon, container = text.rpartition(":")
    container, _, protocol = container.partition("/")
    protocol = protocol or "tcp"
    address, _, host = published.rpartition(":")
    if address and not _is_address(address.strip("[]")):
        raise InvalidInput(f"Invalid ip address: {address}")
    if not container:
        raise InvalidInput(f"No port specified: {text}<empty>")
    low, high = _span(container, "containerPort")
    if host:
        first, last = _span(host, "hostPort")
        # Many ports of the host may stand for one of the container, to be chosen from.
        if low != high and last - first != high - low:
            raise InvalidInput(
                f"Invalid ranges specified for container and host Ports: {container} and {host}"
            )
    if protocol.lower() not in ("tcp", "udp", "sctp"):
        raise InvalidInput(f"Invalid proto: {protocol}")
    return Port(low, high, protocol, bool(colon and (address or host)))


def _span(text: str, what: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    low, high = _number(first), _number(last if dash else first)
    if not 0 <= low <= high <= 65535:
        raise InvalidInput(f"Invalid {what}: {text}")
    return low, high


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1


def _is_address(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
