"""Checks of `--add-host` and `--ulimit`, with docker's sentences."""

from __future__ import annotations

from app.units import quoted

ULIMITS = frozenset(
    ("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss",
     "rtprio", "rttime", "sigpending", "stack")
)  # fmt: skip


def host(text: str) -> str:
    """Check one `--add-host NAME:ADDRESS` (or `NAME=ADDRESS`); ValueError says what is wrong."""
    name, mark, address = text.partition("=" if "=" in text else ":")
    if not mark or not name:
        raise ValueError(f"bad format for add-host: {quoted(text)}")
    if address != "host-gateway":
        import ipaddress

        address = address.removeprefix("[").removesuffix("]")
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise ValueError(f"invalid IP address in add-host: {quoted(address)}") from None
    return f"{name}:{address}"


def ulimit(text: str) -> str:
    """Check one `--ulimit TYPE=SOFT[:HARD]`; ValueError says what is wrong."""
    name, equals, limits = text.partition("=")
    if not equals:
        raise ValueError(f"invalid ulimit argument: {text}")
    if name not in ULIMITS:
        raise ValueError(f"invalid ulimit type: {name}")
    values = limits.split(":")
    if len(values) > 2:
        raise ValueError(f"too many limit value arguments - {limits}, can only have up to two, `soft[:hard]`")
    try:
        soft, hard = int(values[0]), int(values[-1])
    except ValueError:
        raise ValueError(f'strconv.ParseInt: parsing "{limits}": invalid syntax') from None
    if hard != -1 and (soft == -1 or soft > hard):
        shown = f"soft: -1 (unlimited), hard: {hard}" if soft == -1 else f"{soft} > {hard}"
        raise ValueError(f"ulimit soft limit must be less than or equal to hard limit: {shown}")
    return text
