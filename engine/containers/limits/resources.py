"""From HostConfig's limits to the runtime specification's: `linux.resources` and the process's `rlimits`."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import Any

from engine.containers.limits.limits import THROTTLES, implied_swap
from engine.errors import InvalidInput, StartFailed
from engine.runtime.cgroups.layout import Layout

_PERIOD = 100_000
_LEAST_SHARES, _MOST_SHARES = 2, 262144
_UNLIMITED = (1 << 64) - 1
_SECTIONS = {
    "read_bps": "throttleReadBpsDevice", "write_bps": "throttleWriteBpsDevice",
    "read_iops": "throttleReadIOPSDevice", "write_iops": "throttleWriteIOPSDevice",
}  # fmt: skip

Host = Mapping[str, Any]


def resources(host: Host) -> dict[str, Any]:
    """Build `linux.resources` without its devices.

    Raises InvalidInput for what no kernel takes and StartFailed for a block device that is not there.
    """
    sections = {"memory": _memory(host), "cpu": _cpu(host), "blockIO": _block(host)}
    if host.get("PidsLimit") is not None:
        sections["pids"] = {"limit": host["PidsLimit"] if host["PidsLimit"] > 0 else -1}
    return {name: section for name, section in sections.items() if section}


def rlimits(host: Host) -> list[dict[str, Any]]:
    """Build `process.rlimits`."""
    return [
        {
            "type": f"RLIMIT_{limit['Name'].upper()}",
            "soft": limit["Soft"] if limit["Soft"] >= 0 else _UNLIMITED,
            "hard": limit["Hard"] if limit["Hard"] >= 0 else _UNLIMITED,
        }
        for limit in host.get("Ulimits") or ()
    ]


def _memory(host: Host) -> dict[str, Any]:
    section: dict[str, Any] = {}
    if host.get("Memory"):
        section["limit"] = host["Memory"]
    if host.get("MemoryReservation"):
        section["reservation"] = host["MemoryReservation"]
    swap = host.get("MemorySwap") or 0
    # What follows from the memory limit alone is no wish: without swap accounting it is left out.
    if swap and (swap != implied_swap(host) or _counts_swap()):
        section["swap"] = swap
    if host.get("MemorySwappiness") is not None:
        section["swappiness"] = host["MemorySwappiness"]
    if host.get("OomKillDisable"):
        section["disableOOMKiller"] = True
    return section


def _counts_swap() -> bool:
    place = Layout.probe().place("memory")
    if place is None or place.version == 2:
        return os.path.exists("/proc/swaps")
    return os.path.exists(f"{place.base or place.mount}/memory.memsw.limit_in_bytes")


def _cpu(host: Host) -> dict[str, Any]:
    shares = host.get("CpuShares") or 0
    if shares and shares < _LEAST_SHARES:
        raise InvalidInput(f"the minimum allowed cpu-shares is {_LEAST_SHARES}")
    if shares > _MOST_SHARES:
        raise InvalidInput(f"the maximum allowed cpu-shares is {_MOST_SHARES}")
    section = {
        "shares": shares,
        "period": host.get("CpuPeriod"),
        "quota": host.get("CpuQuota"),
        "realtimePeriod": host.get("CpuRealtimePeriod"),
        "realtimeRuntime": host.get("CpuRealtimeRuntime"),
        "cpus": host.get("CpusetCpus"),
        "mems": host.get("CpusetMems"),
    }
    if host.get("NanoCpus"):
        section |= {"period": _PERIOD, "quota": host["NanoCpus"] * _PERIOD // 10**9}
    return {key: value for key, value in section.items() if value}


def _block(host: Host) -> dict[str, Any]:
    section: dict[str, Any] = {}
    if host.get("BlkioWeight"):
        section["weight"] = host["BlkioWeight"]
    if host.get("BlkioWeightDevice"):
        section["weightDevice"] = _devices(host["BlkioWeightDevice"], "Weight", "weight")
    for field, key in THROTTLES.items():
        if host.get(key):
            section[_SECTIONS[field]] = _devices(host[key], "Rate", "rate")
    return section


def _devices(entries: Sequence[Mapping[str, Any]], key: str, name: str) -> list[dict[str, Any]]:
    found = []
    for entry in entries:
        try:
            status = os.stat(entry["Path"])
        except OSError as error:
            why = (error.strerror or "").lower()
            raise StartFailed(f"stat {entry['Path']}: {why}", 127) from None
        if not stat.S_ISBLK(status.st_mode):
            raise StartFailed(f"{entry['Path']} is not a block device", 125)
        found.append(
            {
                "major": os.major(status.st_rdev), "minor": os.minor(status.st_rdev), name: entry[key],
            }
        )  # fmt: skip
    return found
