"""`update`: other limits, and another restart policy, for a container that is there already."""

from __future__ import annotations

import json
import os
from typing import Any

from engine.containers import record
from engine.containers.limits import limit_rules, limits
from engine.containers.limits.limits import Limits
from engine.containers.limits.resources import resources
from engine.containers.record import Container
from engine.containers.refusals import refuse_restart
from engine.errors import Conflict, EngineError
from engine.paths import ContainerPaths
from engine.store.store import Store

Host = dict[str, Any]

_EXCLUSIVE = (
    ("NanoCpus", "CpuPeriod", "Nano CPUs", "CPU Period"),
    ("NanoCpus", "CpuQuota", "Nano CPUs", "CPU Quota"),
    ("CpuPeriod", "NanoCpus", "CPU Period", "NanoCPUs"),
    ("CpuQuota", "NanoCpus", "CPU Quota", "NanoCPUs"),
)
"""What may not be set, where what has been set already; and how docker calls both."""


def update(store: Store, container: Container, wanted: Limits, restart: tuple[str, int] | None) -> None:
    """Change the record of a container, and the limits of one that runs; the caller holds its lock.

    Raises InvalidInput, Conflict, and what stands against a limit of a running one.
    """
    # Zero is how docker writes what was not named, but for the number of processes.
    given = {key: value for key, value in limits.given(wanted).items() if value or key == "PidsLimit"}
    limit_rules.check(given, update=True)
    if restart:
        refuse_restart(*restart)
    # Only under the lock is it what it will be changed from.
    container = record.find(store, container.id)
    try:
        host = _merged(dict(container.host_config), given, restart)
        if container.state.running:
            _apply(container, store.paths.container(container.id), host)
    except EngineError as error:
        error.brief = f"Cannot update container {container.id}: {error.brief}"
        raise
    text = json.dumps({**container.config, "HostConfig": host})
    with store.transaction() as connection:
        connection.execute("UPDATE containers SET config = ? WHERE id = ?", (text, container.id))


def _merged(host: Host, given: Host, restart: tuple[str, int] | None) -> Host:
    for key, other, name, other_name in _EXCLUSIVE:
        if given.get(key, 0) > 0 and (host.get(other) or 0) > 0:
            raise Conflict(
                f"Conflicting options: {name} cannot be updated as {other_name} has already been set"
            )
    memory = given.get("Memory", 0)
    if memory and memory > (host.get("MemorySwap") or 0) and "MemorySwap" not in given:
        raise Conflict(
            "Memory limit should be smaller than already set memoryswap limit,"
            " update the memoryswap at the same time",
            resolution="give --memory-swap too; -1 is any amount",
        )
    if restart and host["AutoRemove"]:
        raise Conflict("Restart policy cannot be updated because AutoRemove is enabled for the container")
    merged = {**host, **given}
    if "PidsLimit" in given:
        merged["PidsLimit"] = max(given["PidsLimit"], 0)
    if restart:
        merged["RestartPolicy"] = dict(zip(("Name", "MaximumRetryCount"), restart, strict=True))
    limit_rules.check({key: merged.get(key) for key in ("Memory", "MemorySwap")})
    return merged


def _apply(container: Container, paths: ContainerPaths, host: Host) -> None:
    """Set the limits where it runs, and write them down for when its monitor starts it again."""
    from engine.runtime.cgroups.update import update as set_limits

    changed = resources(host)
    if container.state.status != "restarting":
        set_limits(container.cgroup, changed)
    with open(paths.spec, "rb") as file:
        document = json.load(file)
    found = document["linux"]["resources"]
    document["linux"]["resources"] = {**changed, "devices": found.get("devices", [])}
    draft = f"{paths.spec}.new"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(document, file)
    os.replace(draft, paths.spec)
