"""The files by which a container finds other machines: /etc/hosts and /etc/resolv.conf, and its own name."""

from __future__ import annotations

from collections.abc import Sequence

_LOCAL = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""


def hosts(hostname: str, domain: str, network: str, extra: Sequence[str] = ()) -> str:
    """Write /etc/hosts as docker does; on the host's network it is the host's own.

    `extra` are further entries, each `name:address`; `host-gateway` is the host.
    """
    full = f"{hostname}.{domain} {hostname}" if domain else hostname
    own = "" if network == "none" else f"127.0.1.1\t{full}\n"
    text = of_host("/etc/hosts") if network == "host" else _LOCAL + own
    entries = (entry.partition(":") for entry in extra)
    return text + "".join(f"{_numeric(address)}\t{name}\n" for name, _, address in entries)


def own_network(extra: Sequence[str], addresses: Sequence[str], own: str, gateway: str) -> str:
    """Write /etc/hosts of a container that has addresses; `own` are its names, `gateway` is the host."""
    entries = (entry.partition(":") for entry in extra)
    text = _LOCAL
    for name, _, address in entries:
        text += f"{gateway or '127.0.0.1' if address == 'host-gateway' else address.strip('[]')}\t{name}\n"
    return text + "".join(f"{address}\t{own}\n" for address in addresses)


def asks_itself() -> bool:
    """Tell whether all that the host asks for names are programs of its own."""
    lines = [line.split() for line in of_host("/etc/resolv.conf").splitlines()]
    servers = [line[1] for line in lines if line[:1] == ["nameserver"] and len(line) > 1]
    return bool(servers) and all(server.startswith("127.") or server == "::1" for server in servers)


def with_dots(options: Sequence[str]) -> list[str]:
    """Add to the host's options, or to these, that names without a dot are whole; docker does so."""
    if not options:
        lines = [line.split() for line in of_host("/etc/resolv.conf").splitlines()]
        options = next((line[1:] for line in lines if line[:1] == ["options"]), [])
    return [*options, *([] if any(word.startswith("ndots:") for word in options) else ["ndots:0"])]


def _numeric(address: str) -> str:
    # Who has no network of their own meets the host at home.
    return "127.0.0.1" if address == "host-gateway" else address


def resolver(servers: Sequence[str] = (), options: Sequence[str] = (), search: Sequence[str] = ()) -> str:
    """Write /etc/resolv.conf: the host's own but for what is given; resolv.conf(5).

    A sole `.` to search means nothing.
    """
    text = of_host("/etc/resolv.conf")
    if not (servers or options or search):
        return text
    found: dict[str, list[str]] = {"nameserver": [], "options": [], "search": []}
    for line in text.splitlines():
        key, *words = line.split() or [""]
        if key in found and words:
            found[key] = [*found[key], *words[:1]] if key == "nameserver" else words
    found = {
        "search": [] if list(search) == ["."] else list(search) or found["search"],
        "nameserver": list(servers) or found["nameserver"],
        "options": list(options) or found["options"],
    }
    lines = [f"nameserver {server}" for server in found["nameserver"]]
    if found["search"]:
        lines.insert(0, f"search {' '.join(found['search'])}")
    if found["options"]:
        lines.append(f"options {' '.join(found['options'])}")
    return "".join(f"{line}\n" for line in lines)


def of_host(path: str) -> str:
    """Read a file of the host's; empty if there is none. Odd bytes become surrogates."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""
