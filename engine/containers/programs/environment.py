"""The variables that a program in a container finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def environment(config: Mapping[str, Any], home: str) -> tuple[str, ...]:
    """PATH first, as docker has it, then host name and terminal, then the rest; HOME where nobody set it."""
    entries: list[str] = list(config["Env"])
    keys = {entry.partition("=")[0] for entry in entries}
    added = [f"HOSTNAME={config['Hostname']}"] if "HOSTNAME" not in keys else []
    added += ["TERM=xterm"] if config["Tty"] and "TERM" not in keys else []
    last = [f"HOME={home}"] if "HOME" not in keys else []
    return (*entries[:1], *added, *entries[1:], *last)
