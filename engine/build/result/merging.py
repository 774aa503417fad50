"""What a committed image's config says: what was asked for, and the container's own where nothing was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FILLED = ("User", "WorkingDir", "StopSignal")
_UNITED = ("ExposedPorts", "Labels", "Volumes")


def merged(asked: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Merge as docker's commit does: `asked` wins name by name, lists that are commands win whole."""
    result = dict(asked)
    for name in _FILLED:
        result[name] = asked.get(name) or own.get(name) or ""
    for name in _UNITED:
        if asked.get(name) or own.get(name):
            result[name] = {**(own.get(name) or {}), **(asked.get(name) or {})}
    result["Labels"] = result.get("Labels") or {}
    result["Env"] = _environment(asked.get("Env") or (), own.get("Env") or ()) or None
    if not asked.get("Entrypoint"):
        result["Cmd"] = asked.get("Cmd") or own.get("Cmd")
        if asked.get("Entrypoint") is None:
            result["Entrypoint"] = own.get("Entrypoint")
    if own.get("Healthcheck"):
        check = {name: value for name, value in (asked.get("Healthcheck") or {}).items() if value}
        result["Healthcheck"] = {**own["Healthcheck"], **check}
    return result


def _environment(asked: list[str] | tuple[()], own: list[str] | tuple[()]) -> list[str]:
    names = {word.partition("=")[0] for word in asked}
    return [*asked, *(word for word in own if word.partition("=")[0] not in names)]
