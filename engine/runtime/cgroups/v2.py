"""Version 2's files: what each controller is told for an OCI `linux.resources`.

Kernel documentation: admin-guide/cgroup-v2. The resources are phrased for version 1; the conversions are
those the runtime spec's implementations agreed on (shares to weight, memory plus swap to swap alone).
"""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import InvalidInput, Unsupported
from engine.runtime.cgroups.v1 import Resources, Settings, cpuset, pids


def memory(resources: Resources) -> Settings:
    """Limits of memory and of swap; raises Unsupported for what only version 1 has."""
    section = resources.get("memory") or {}
    for key, flag in (("swappiness", "memory swappiness"), ("kernelTCP", "a kernel TCP memory limit")):
        if section.get(key) not in (None, 0, -1):
            raise Unsupported(f"cgroup v2 has no {flag}")
    if section.get("disableOOMKiller"):
        raise Unsupported("cgroup v2 cannot disable the OOM killer")
    limit, swap = section.get("limit") or 0, section.get("swap") or 0
    if limit:
        yield "memory.max", _bytes(limit)
    if swap:
        if swap > 0 and (limit <= 0 or swap < limit):
            raise InvalidInput("Minimum memoryswap limit should be larger than memory limit, see usage")
        yield "memory.swap.max", _bytes(swap - limit if swap > 0 else swap)
    if section.get("reservation"):
        yield "memory.low", _bytes(section["reservation"])


def _bytes(count: int) -> str:
    return "max" if count < 0 else str(count)


def cpu(resources: Resources) -> Settings:
    """Weight and bandwidth of processor time; raises Unsupported for real-time budgets."""
    section = resources.get("cpu") or {}
    if section.get("realtimeRuntime") or section.get("realtimePeriod"):
        raise Unsupported("cgroup v2 has no real-time scheduling limits")
    if section.get("shares"):
        # Shares run from 2 to 262144, weights from 1 to 10000.
        shares = min(max(section["shares"], 2), 262144)
        yield "cpu.weight", str(1 + (shares - 2) * 9999 // 262142)
    quota, period = section.get("quota") or 0, section.get("period") or 0
    if quota or period:
        yield "cpu.max", f"{quota if quota > 0 else 'max'} {period or 100000}"
    if section.get("burst"):
        yield "cpu.max.burst", str(section["burst"])
    if section.get("idle"):
        yield "cpu.idle", str(section["idle"])


_THROTTLES = {
    "throttleReadBpsDevice": "rbps", "throttleWriteBpsDevice": "wbps",
    "throttleReadIOPSDevice": "riops", "throttleWriteIOPSDevice": "wiops",
}


def io(resources: Resources) -> Settings:
    """Weights and throttles of block devices."""
    section = resources.get("blockIO") or {}
    if section.get("weight"):
        # blkio weights run from 10 to 1000, io weights from 1 to 10000.
        yield "io.weight", f"default {1 + (section['weight'] - 10) * 9999 // 990}"
    for device in section.get("weightDevice") or ():
        weight = 1 + (device["weight"] - 10) * 9999 // 990
        yield "io.weight", f"{device['major']}:{device['minor']} {weight}"
    for key, name in _THROTTLES.items():
        for device in section.get(key) or ():
            yield "io.max", f"{device['major']}:{device['minor']} {name}={device['rate']}"


def hugetlb(resources: Resources) -> Settings:
    """Bytes of huge pages, by page size."""
    for entry in resources.get("hugepageLimits") or ():
        yield f"hugetlb.{entry['pageSize']}.max", str(entry["limit"])


CONTROLLERS: dict[str, Callable[[Resources], Settings]] = {
    "memory": memory, "pids": pids, "cpu": cpu, "cpuset": cpuset, "io": io, "hugetlb": hugetlb,
}
