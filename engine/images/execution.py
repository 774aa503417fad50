"""The `config` member of an image as docker spells it: every field, in docker's order, zero where nothing
is said.

Docker's JSON is a Go structure; its order and its omissions decide an image's id and what `inspect` shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIELDS: tuple[tuple[str, Any, bool], ...] = (
    ("Hostname", "", False),
    ("Domainname", "", False),
    ("User", "", False),
    ("AttachStdin", False, False),
    ("AttachStdout", False, False),
    ("AttachStderr", False, False),
    ("ExposedPorts", None, True),
    ("Tty", False, False),
    ("OpenStdin", False, False),
    ("StdinOnce", False, False),
    ("Env", None, False),
    ("Cmd", None, False),
    ("Healthcheck", None, True),
    ("ArgsEscaped", False, True),
    ("Image", "", False),
    ("Volumes", None, False),
    ("WorkingDir", "", False),
    ("Entrypoint", None, False),
    ("NetworkDisabled", False, True),
    ("MacAddress", "", True),
    ("OnBuild", None, False),
    ("Labels", None, False),
    ("StopSignal", "", True),
    ("StopTimeout", None, True),
    ("Shell", None, True),
)
"""Name, zero, and whether docker leaves the field out when it is empty."""

_V1_FIELDS = ("comment", "created", "container", "container_config", "docker_version", "author", "config",
              "architecture", "variant", "os")  # fmt: skip
"""Of a config, what docker's oldest images said too, in docker's order."""

_MAPS = frozenset({"ExposedPorts", "Volumes", "Labels"})


def complete(execution: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return every field docker writes, in its order; maps are sorted as Go sorts them."""
    given = execution or {}
    document: dict[str, Any] = {}
    for name, zero, omitted in _FIELDS:
        value = given.get(name)
        value = zero if value is None else value
        if omitted and not value:
            continue
        document[name] = dict(sorted(value.items())) if name in _MAPS and value else value
    return document


def v1_image(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the `json` of an image before docker 1.10 says, without its ids."""
    document: dict[str, Any] = {name: config[name] for name in _V1_FIELDS if config.get(name)}
    document["created"] = config.get("created") or "0001-01-01T00:00:00Z"
    document["container_config"] = complete(config.get("container_config"))
    if config.get("config") is not None:
        document["config"] = complete(config["config"])
    return {name: document[name] for name in _V1_FIELDS if name in document}
