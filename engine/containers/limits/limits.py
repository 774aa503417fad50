"""How much a container may take: docker's resource flags, and where HostConfig keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

SHM_BYTES = 64 << 20


class Limits(NamedTuple):
    """The limits that somebody named; None leaves a container as it is, or unlimited.

    Sizes in bytes, times in microseconds, CPUs in billionths.
    """

    memory: int | None = None
    memory_swap: int | None = None
    """Memory and swap together; -1 is any amount of swap."""
    memory_reservation: int | None = None
    memory_swappiness: int | None = None
    oom_kill_disable: bool | None = None
    oom_score: int | None = None
    cpus: int | None = None
    cpu_period: int | None = None
    cpu_quota: int | None = None
    cpu_shares: int | None = None
    cpu_rt_period: int | None = None
    cpu_rt_runtime: int | None = None
    cpuset_cpus: str | None = None
    cpuset_mems: str | None = None
    pids: int | None = None
    blkio_weight: int | None = None
    blkio_weight_devices: tuple[tuple[str, int], ...] = ()
    """Paths of block devices, each with its weight; below, with bytes or operations a second."""
    read_bps: tuple[tuple[str, int], ...] = ()
    write_bps: tuple[tuple[str, int], ...] = ()
    read_iops: tuple[tuple[str, int], ...] = ()
    write_iops: tuple[tuple[str, int], ...] = ()
    ulimits: tuple[tuple[str, int, int], ...] = ()
    """Name, soft and hard limit; -1 is unlimited."""
    shm: int | None = None
    cgroup_parent: str | None = None


_KEYS = {
    "memory": "Memory", "memory_swap": "MemorySwap", "memory_reservation": "MemoryReservation",
    "memory_swappiness": "MemorySwappiness", "oom_kill_disable": "OomKillDisable",
    "oom_score": "OomScoreAdj", "cpus": "NanoCpus", "cpu_period": "CpuPeriod", "cpu_quota": "CpuQuota",
    "cpu_shares": "CpuShares", "cpu_rt_period": "CpuRealtimePeriod", "cpu_rt_runtime": "CpuRealtimeRuntime",
    "cpuset_cpus": "CpusetCpus", "cpuset_mems": "CpusetMems", "pids": "PidsLimit",
    "blkio_weight": "BlkioWeight", "shm": "ShmSize", "cgroup_parent": "CgroupParent",
}  # fmt: skip

THROTTLES = {
    "read_bps": "BlkioDeviceReadBps", "write_bps": "BlkioDeviceWriteBps",
    "read_iops": "BlkioDeviceReadIOps", "write_iops": "BlkioDeviceWriteIOps",
}  # fmt: skip

_UNLIMITED: dict[str, Any] = {
    "OomScoreAdj": 0, "ShmSize": SHM_BYTES, "CpuShares": 0, "Memory": 0, "NanoCpus": 0, "CgroupParent": "",
    "BlkioWeight": 0, "BlkioWeightDevice": [], "BlkioDeviceReadBps": [], "BlkioDeviceWriteBps": [],
    "BlkioDeviceReadIOps": [], "BlkioDeviceWriteIOps": [], "CpuPeriod": 0, "CpuQuota": 0,
    "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0, "CpusetCpus": "", "CpusetMems": "", "KernelMemory": 0,
    "KernelMemoryTCP": 0, "MemoryReservation": 0, "MemorySwap": 0, "MemorySwappiness": None,
    "OomKillDisable": False, "PidsLimit": None, "Ulimits": [], "CpuCount": 0, "CpuPercent": 0,
    "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
}  # fmt: skip


def given(limits: Limits) -> dict[str, Any]:
    """Spell the limits that were named as HostConfig does."""
    words = limits._asdict()
    found = {key: words[field] for field, key in _KEYS.items() if words[field] is not None}
    for field, key in THROTTLES.items():
        if words[field]:
            found[key] = [{"Path": path, "Rate": rate} for path, rate in words[field]]
    if limits.blkio_weight_devices:
        found["BlkioWeightDevice"] = [
            {"Path": path, "Weight": weight} for path, weight in limits.blkio_weight_devices
        ]
    if limits.ulimits:
        last = {name: {"Name": name, "Hard": hard, "Soft": soft} for name, soft, hard in limits.ulimits}
        found["Ulimits"] = [last[name] for name in sorted(last)]
    return found


def host_config(limits: Limits) -> dict[str, Any]:
    """Write HostConfig's limits of a new container, with docker's defaults."""
    host = {**_UNLIMITED, **given(limits)}
    if host["Memory"] > 0 and host["MemorySwap"] == 0:
        host["MemorySwap"] = implied_swap(host)
    if (host["PidsLimit"] or 0) <= 0:
        host["PidsLimit"] = None
    if host["MemorySwappiness"] == -1:
        host["MemorySwappiness"] = None
    host["ShmSize"] = host["ShmSize"] or SHM_BYTES
    return host


def implied_swap(host: Mapping[str, Any]) -> int:
    """Work out memory plus swap where nobody named it: as much swap as memory."""
    return 2 * int(host["Memory"])
