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
