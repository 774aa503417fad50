"""Changing the limits of a control group that has members."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from engine.errors import EngineError, InvalidInput
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.group import Group, hand_on, make
from engine.runtime.cgroups.layout import Layout, Place
from engine.runtime.cgroups.settings import settings

_ROUNDS = 100
"""How often the members are gathered: each time, those that were forked meanwhile."""


def update(name: str, resources: Mapping[str, Any], *, layout: Layout | None = None) -> None:
    """Set the limits of OCI's `linux.resources` on the group `name`, whose members run on.

    A controller that limited nothing so far takes them in. Raises Unsupported, NotPermitted or InvalidInput;
    what was set before that stays set.
    """
    layout = layout or Layout.probe()
    wanted = settings(resources, layout)
    cgroup = Cgroup.open(name, layout=layout)
    try:
        for controller, (place, values) in wanted.items():
            _tell(_group(cgroup, place, controller), values)
    finally:
        cgroup.close()


def _group(cgroup: Cgroup, place: Place, controller: str) -> Group:
    if place.version == 2:
        group = hand_on(place, cgroup.name, controller)
    else:
        group = Group(1, f"{place.base}/{cgroup.name}")
        if not os.path.isdir(group.directory):
            group = make(place, cgroup.name, [controller])
    _gather(cgroup, group)
    return group


def _tell(group: Group, values: list[tuple[str, str]]) -> None:
    """Set the values, in whichever order the kernel takes them.

    Memory may not pass memory and swap, nor a quota its period, not even for a moment.
    """
    late = []
    for file, value in values:
        try:
            group.set(file, value)
        except InvalidInput:
            late.append((file, value))
    for file, value in late:
        group.set(file, value)


def _gather(cgroup: Cgroup, group: Group) -> None:
    """Bring in the members that are not there yet."""
    for _ in range(_ROUNDS):
        missing = set(cgroup.processes()) - set(group.processes())
        if not missing:
            return
        for pid in missing:
            try:
                group.set("cgroup.procs", str(pid))
            except EngineError:
                # It has ended.
                continue
