"""Which controllers a container's limits need, and what their files are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import NotPermitted, Unsupported
from engine.runtime.cgroups import v1, v2
from engine.runtime.cgroups.layout import Layout, Place

_VERSIONS = {1: v1.CONTROLLERS, 2: v2.CONTROLLERS}

Settings = dict[str, tuple[Place, list[tuple[str, str]]]]


def settings(resources: Mapping[str, Any], layout: Layout) -> Settings:
    """Find for every controller that is asked for something its place and its files' values."""
    found: Settings = {}
    if not any(resources.get(section) for section in v1.SECTIONS):
        return found
    for controller, words in v1.CONTROLLERS.items():
        place = layout.place(controller)
        values = list((_VERSIONS[place.version][controller] if place else words)(resources))
        if values:
            found[controller] = (_usable(controller, place), values)
    for file, value in (resources.get("unified") or {}).items():
        controller = file.partition(".")[0]
        place = _usable(controller, layout.place(controller))
        if place.version == 1:
            raise Unsupported(f"Cannot set {file}: {controller} is mounted as cgroup v1 here")
        found.setdefault(controller, (place, []))[1].append((file, str(value)))
    return found


def _usable(controller: str, place: Place | None) -> Place:
    if place is None:
        raise Unsupported(
            f"Your kernel does not support {controller} limits",
            details="the cgroup controller is not mounted",
        )
    if place.base is None:
        raise NotPermitted(
            f"Not permitted to limit {controller}", details=f"no group below {place.mount} is this user's",
            resolution="run as root, or start from a systemd user session (systemd-run --user --scope)")
    return place
