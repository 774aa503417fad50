"""`-p`: which port of a container is reached at which of the host."""

from __future__ import annotations

from collections.abc import Sequence

from engine.containers.options import Publication


def publications(words: Sequence[str]) -> tuple[Publication, ...]:
    """Read every `-p`. Raises UsageError in docker's words."""
    from app.cli.flags import UsageError

    try:
        return tuple(port for word in words for port in _read(word))
    except ValueError as error:
        raise UsageError(str(error)) from None


def _read(word: str) -> list[Publication]:
    """Read `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, where ports may be ranges."""
    if "=" in word:
        return [_named(word)]
    outside, _, inside = word.rpartition(":")
    numbers, _, protocol = inside.partition("/")
    if not numbers:
        raise ValueError(f"no port specified: {word}<empty>")
    address, _, host = outside.rpartition(":")
    _check_address(address := address.strip("[]"))
    first, last = _range(numbers, "containerPort")
    low, high = _range(host, "hostPort") if host else (0, 0)
    if protocol.lower() not in ("", "tcp", "udp", "sctp"):
        raise ValueError(f"invalid proto: {protocol}")
    protocol = protocol.lower() or "tcp"
    if protocol == "sctp":
        raise ValueError("sctp cannot be published; tcp and udp can")
    if host and first == last and high > low:
        return [Publication(first, protocol, address, host)]
    if host and high - low != last - first:
        raise ValueError(f"invalid ranges specified for container and host Ports: {numbers} and {host}")
    return [
        Publication(port, protocol, address, str(low + port - first) if host else "")
        for port in range(first, last + 1)
    ]


def _named(word: str) -> Publication:
    """Read `target=80,published=8080,protocol=tcp`."""
    found = {"protocol": "tcp"}
    for entry in word.split(","):
        key, equals, value = entry.partition("=")
        if not equals:
            raise ValueError(f"invalid publish opts format (should be name=value but got '{entry}')")
        if key not in ("target", "published", "protocol", "mode"):
            raise ValueError(f"invalid field key {key}")
        found[key] = value
    port, _ = _range(found.get("target", ""), "target port")
    return Publication(port, found["protocol"], "", found.get("published", ""))


def _check_address(text: str) -> None:
    from ipaddress import ip_address

    try:
        if text:
            ip_address(text)
    except ValueError:
        raise ValueError(f"invalid IP address: {text}") from None


def _range(text: str, what: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    last = last if dash else first
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
        raise ValueError(f"invalid {what}: {text}")
    low, high = int(first), int(last)
    if not low <= high <= 65535:
        raise ValueError(f"invalid {what}: {text}")
    return low, high
