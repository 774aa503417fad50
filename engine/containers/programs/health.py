"""How well a container is, and how that is found out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.paths import ContainerPaths

_SECOND = 1_000_000_000
_SHELL = ("/bin/sh", "-c")


def check(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Say what a container's shim is to ask it, from docker's `Config`; None for nothing."""
    said = config.get("Healthcheck") or {}
    kind, *words = said.get("Test") or [""]
    if kind == "CMD-SHELL":
        shell: Sequence[str] = config.get("Shell") or _SHELL
        arguments = [*shell, *words]
    elif kind == "CMD":
        arguments = words
    else:
        return None
    times = {
        "interval": said.get("Interval"),
        "timeout": said.get("Timeout"),
        "start_period": said.get("StartPeriod"),
        "start_interval": said.get("StartInterval"),
    }
    chosen: dict[str, Any] = {name: time / _SECOND for name, time in times.items() if time}
    return {"arguments": arguments, **chosen, **({"retries": said["Retries"]} if said.get("Retries") else {})}


def answers(paths: ContainerPaths) -> dict[str, Any] | None:
    """Read how a container has answered so far, as docker's `Health`; None for one that is not asked."""
    try:
        with open(paths.health, encoding="utf-8") as file:
            document: dict[str, Any] = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    return document
