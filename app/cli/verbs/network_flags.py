"""The flags of `create` and `run` about networks and ports."""

from __future__ import annotations

from app.cli.flags import Arguments, Flag, UsageError
from engine.network.endpoint import Joining

_FIELDS = ("name", "alias", "ip", "ip6", "mac-address", "gw-priority", "driver-opt", "link-local-ip")


def network_word(text: str) -> str:
    """Check one `--network`: a name, or `name=NET,alias=A,ip=…`."""
    if "=" not in text:
        return text
    for field in text.split(","):
        key, equals, value = field.partition("=")
        if not equals or key not in _FIELDS:
            raise ValueError(f"invalid field key {key}")
        if key in ("driver-opt", "link-local-ip"):
            raise ValueError(f"{key} means nothing to the bridge driver")
        if key == "gw-priority" and not value.removeprefix("-").isdecimal():
            raise ValueError(f"invalid gw-priority: {value}")
    return text


FLAGS = (
    Flag("ip", "string", "IPv4 address (e.g., 172.30.100.104)"),
    Flag("ip6", "string", "IPv6 address (e.g., 2001:db8::33)"),
    Flag("link", "list", "Add link to another container"),
    Flag("link-local-ip", "list", "", later="link-local addresses mean nothing to the bridge driver"),
    Flag("mac-address", "string", "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
    Flag("net", "network", "", check=network_word, hidden=True),
    Flag("net-alias", "list", "", hidden=True),
    Flag("network", "network", "Connect a container to a network", check=network_word),
    Flag("network-alias", "list", "Add network-scoped alias for the container"),
    Flag("publish", "list", "Publish a container's port(s) to the host", short="p"),
    Flag("publish-all", "bool", "Publish all exposed ports to random ports", short="P"),
)


def joinings(arguments: Arguments) -> tuple[str, tuple[Joining, ...]]:
    """Read docker's mode, and the networks it is on. Raises UsageError."""
    words = arguments.words("network") + arguments.words("net")
    joins = [_joining(word) for word in words]
    names = [join.network for join in joins]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f'network "{name}" is specified multiple times')
    lone = [name for name in names if name in ("none", "host") or name.startswith("container:")]
    if lone and len(names) > 1:
        raise UsageError(f"Container cannot be connected to network endpoints: {', '.join(names)}")
    aliases = tuple(arguments.words("network-alias") + arguments.words("net-alias"))
    asked = Joining(
        names[0] if names else "bridge",
        aliases,
        arguments.text("ip"),
        arguments.text("ip6"),
        arguments.text("mac-address"),
        tuple(arguments.words("link")),
    )
    if joins:
        first = joins[0]
        joins[0] = Joining(
            first.network,
            (*first.aliases, *asked.aliases),
            first.address or asked.address,
            first.address6 or asked.address6,
            first.mac or asked.mac,
            asked.links,
            first.priority,
        )
    elif asked != Joining("bridge"):
        joins = [asked]
    return names[0] if names else "default", tuple(joins)


def _joining(word: str) -> Joining:
    if "=" not in word:
        return Joining(word)
    fields: dict[str, list[str]] = {}
    for field in word.split(","):
        key, _, value = field.partition("=")
        fields.setdefault(key, []).append(value)
    one = {key: values[-1] for key, values in fields.items()}
    return Joining(
        one.get("name", ""),
        tuple(fields.get("alias", ())),
        one.get("ip", ""),
        one.get("ip6", ""),
        one.get("mac-address", ""),
        priority=int(one.get("gw-priority", "0")),
    )
