"""`port`: what is published of a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.flags import Arguments
from engine.errors import NotFound

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    name, *wanted = arguments.positional
    published: dict[str, list[dict[str, str]]] = engine.containers.inspect(name)["NetworkSettings"]["Ports"]
    if wanted:
        port = wanted[0] if "/" in wanted[0] else f"{wanted[0]}/tcp"
        if not published.get(port):
            raise NotFound(f"No public port '{port}' published for {name}")
        lines = [_address(end) for end in published[port]]
    else:
        lines = [f"{port} -> {_address(end)}" for port, ends in published.items() for end in ends or ()]
    for line in lines:
        print(line)
    return 0


def _address(end: dict[str, str]) -> str:
    host = end["HostIp"]
    return f"[{host}]:{end['HostPort']}" if ":" in host else f"{host}:{end['HostPort']}"


PORT = Command(
    "CONTAINER [PRIVATE_PORT[/PROTO]]",
    "List port mappings or a specific mapping for the container",
    _run,
    (),
    1,
    2,
)
