"""Which limits make sense, together and on this machine: docker's rules in docker's words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from engine.errors import InvalidInput

Host = Mapping[str, Any]

_LEAST_MEMORY = 6 << 20
_NANO = 10**9
_ULIMITS = frozenset(
    ("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss",
     "rtprio", "rttime", "sigpending", "stack")
)  # fmt: skip


def check(host: Host, *, update: bool = False) -> None:
    """Raise InvalidInput for limits (as HostConfig spells them) that contradict each other.

    `update` says that they are changes, so that what is not there may have been set before.
    """
    _memory(host, update=update)
    _cpu(host)
    _cpusets(host)
    weight = host.get("BlkioWeight") or 0
    if weight and not 10 <= weight <= 1000:
        raise InvalidInput("Range of blkio weight is from 10 to 1000")
    score = host.get("OomScoreAdj") or 0
    if not -1000 <= score <= 1000:
        raise InvalidInput(f"Invalid value {score}, range for oom score adj is [-1000, 1000]")
    for limit in host.get("Ulimits") or ():
        if limit["Name"] not in _ULIMITS:
            raise InvalidInput(f"invalid ulimit type: {limit['Name']}")
    if ".." in (host.get("CgroupParent") or "").split("/"):
        raise InvalidInput(f"invalid cgroup parent: {host['CgroupParent']}")


def _memory(host: Host, *, update: bool) -> None:
    memory, swap = host.get("Memory") or 0, host.get("MemorySwap") or 0
    reservation = host.get("MemoryReservation") or 0
    if memory and memory < _LEAST_MEMORY:
        raise InvalidInput("Minimum memory limit allowed is 6MB")
    if memory > 0 and 0 < swap < memory:
        raise InvalidInput("Minimum memoryswap limit should be larger than memory limit, see usage")
    if not memory and swap > 0 and not update:
        raise InvalidInput("You should always set the Memory limit when using Memoryswap limit, see usage")
    swappiness = host.get("MemorySwappiness")
    if swappiness is not None and not -1 <= swappiness <= 100:
        raise InvalidInput(f"Invalid value: {swappiness}, valid memory swappiness range is 0-100")
    if reservation and reservation < _LEAST_MEMORY:
        raise InvalidInput("Minimum memory reservation allowed is 6MB")
    if memory > 0 and reservation > memory:
        raise InvalidInput(
            "Minimum memory limit can not be less than memory reservation limit, see usage"
        )


def _cpu(host: Host) -> None:
    cpus, period, quota = (host.get(key) or 0 for key in ("NanoCpus", "CpuPeriod", "CpuQuota"))
    if cpus and period:
        raise InvalidInput("Conflicting options: Nano CPUs and CPU Period cannot both be set")
    if cpus and quota:
        raise InvalidInput("Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    count = os.cpu_count() or 1
    if not 0 <= cpus <= count * _NANO:
        raise InvalidInput(
            f"Range of CPUs is from 0.01 to {count}.00, as there are only {count} CPUs available"
        )
    if period and not 1000 <= period <= 1000000:
        raise InvalidInput(
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
        )
    if 0 < quota < 1000:
        raise InvalidInput("CPU cfs quota can not be less than 1ms (i.e. 1000)")


def _cpusets(host: Host) -> None:
    for key, kind, name, folder in (
        ("CpusetCpus", "cpus", "CPUs", "cpu"),
        ("CpusetMems", "mems", "memory nodes", "node"),
    ):
        asked = host.get(key) or ""
        if not asked:
            continue
        try:
            wanted = _numbers(asked)
        except ValueError:
            raise InvalidInput(f"Invalid value {asked} for cpuset {kind}: invalid format: {asked}") from None
        online = _online(folder)
        if wanted - _numbers(online):
            raise InvalidInput(f"Requested {name} are not available - requested {asked}, available: {online}")


def _numbers(text: str) -> set[int]:
    """Read `0-3,7`. Raises ValueError."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(text)
        low, high = int(first), int(last or first)
        if low > high or high > 8192:
            raise ValueError(text)
        found.update(range(low, high + 1))
    return found


def _online(folder: str) -> str:
    """Tell which processors, or memory nodes, are there."""
    try:
        with open(f"/sys/devices/system/{folder}/online", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return "0" if folder == "node" else f"0-{(os.cpu_count() or 1) - 1}"
