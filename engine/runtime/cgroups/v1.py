"""Version 1's files: what each controller is told for an OCI `linux.resources`.

Kernel documentation: admin-guide/cgroup-v1. A function per controller; each yields (file, value) in the order
in which the kernel accepts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_DIRECTORIES = {"io": "blkio"}
Settings = Iterator[tuple[str, str]]
Resources = Mapping[str, Any]


def memory(resources: Resources) -> Settings:
    """Limits of memory, of memory plus swap, and how the group behaves when it meets them."""
    section = resources.get("memory") or {}
    if section.get("limit"):
        yield "memory.limit_in_bytes", str(section["limit"])
    # Memory plus swap may not be below memory alone, so it comes second.
    if section.get("swap"):
        yield "memory.memsw.limit_in_bytes", str(section["swap"])
    if section.get("reservation"):
        yield "memory.soft_limit_in_bytes", str(section["reservation"])
    if section.get("kernelTCP"):
        yield "memory.kmem.tcp.limit_in_bytes", str(section["kernelTCP"])
    if section.get("swappiness") is not None:
        yield "memory.swappiness", str(section["swappiness"])
    if section.get("disableOOMKiller"):
        yield "memory.oom_control", "1"


def pids(resources: Resources) -> Settings:
    """The number of tasks; less than zero takes a limit away, zero leaves it as it is."""
    limit = (resources.get("pids") or {}).get("limit") or 0
    if limit:
        yield "pids.max", str(limit) if limit > 0 else "max"


_CPU = {
    "shares": "cpu.shares",
    "period": "cpu.cfs_period_us",
    "quota": "cpu.cfs_quota_us",
    "burst": "cpu.cfs_burst_us",
    "realtimePeriod": "cpu.rt_period_us",
    "realtimeRuntime": "cpu.rt_runtime_us",
    "idle": "cpu.idle",
}


def cpu(resources: Resources) -> Settings:
    """Shares and bandwidth of processor time; times in microseconds."""
    section = resources.get("cpu") or {}
    return ((file, str(section[key])) for key, file in _CPU.items() if section.get(key))


def cpuset(resources: Resources) -> Settings:
    """The processors and memory nodes that may be used."""
    section = resources.get("cpu") or {}
    return ((f"cpuset.{key}", section[key]) for key in ("cpus", "mems") if section.get(key))


_THROTTLES = {
    "throttleReadBpsDevice": "read_bps", "throttleWriteBpsDevice": "write_bps",
    "throttleReadIOPSDevice": "read_iops", "throttleWriteIOPSDevice": "write_iops",
}


def io(resources: Resources) -> Settings:
    """Weights and throttles of block devices."""
    section = resources.get("blockIO") or {}
    if section.get("weight"):
        yield "blkio.bfq.weight", str(section["weight"])
    for device in section.get("weightDevice") or ():
        yield "blkio.bfq.weight_device", f"{device['major']}:{device['minor']} {device['weight']}"
    for key, name in _THROTTLES.items():
        for device in section.get(key) or ():
            yield f"blkio.throttle.{name}_device", f"{device['major']}:{device['minor']} {device['rate']}"


def hugetlb(resources: Resources) -> Settings:
    """Bytes of huge pages, by page size."""
    for entry in resources.get("hugepageLimits") or ():
        yield f"hugetlb.{entry['pageSize']}.limit_in_bytes", str(entry["limit"])


CONTROLLERS: dict[str, Callable[[Resources], Settings]] = {
    "memory": memory, "pids": pids, "cpu": cpu, "cpuset": cpuset, "io": io, "hugetlb": hugetlb,
}

SECTIONS = ("memory", "pids", "cpu", "blockIO", "hugepageLimits", "unified")
"""The parts of `linux.resources` that limit something."""


def directory(controller: str) -> str:
    """Name the directory of a controller's hierarchy; controllers are named as in version 2."""
    return _DIRECTORIES.get(controller, controller)
