"""What containers use: processor, memory, network, devices, processes; cheap to read again and again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.containers.record import Container
from engine.runtime.cgroups.usage import Usage, Used

_READ = 16384


class Statistics(NamedTuple):
    """What one container uses; None is a figure that this machine, or this user, does not have."""

    cpu: float | None = None
    """Percent of one processor since the sample before."""
    memory: int | None = None
    """Bytes, without the cache of files that nobody used lately."""
    limit: int | None = None
    """Bytes that it may use: its own limit, or all the machine has."""
    received: int | None = None
    sent: int | None = None
    read: int | None = None
    written: int | None = None
    processes: int | None = None
    """Threads count."""

    @property
    def memory_share(self) -> float | None:
        """Percent of the limit."""
        if self.memory is None or self.limit is None:
            return None
        return 100 * self.memory / self.limit if self.limit else 0.0


class Meter:
    """Samples containers; keeps open what it read, for the next time. Not for two threads at once."""

    def __init__(self) -> None:
        self._gauges: dict[tuple[str, int], _Gauge] = {}
        self._machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

    def sample(self, containers: Iterable[Container]) -> Mapping[str, Statistics]:
        """Read what each running container uses, by id; those that do not run, or are over, are left out."""
        found: dict[str, Statistics] = {}
        seen: set[tuple[str, int]] = set()
        for container in containers:
            if not container.state.pid:
                continue
            key = container.id, container.state.run
            gauge = self._gauges.get(key)
            if gauge is None:
                gauge = self._gauges[key] = _Gauge(container)
            try:
                found[container.id] = gauge.read(self._machine)
                seen.add(key)
            except OSError:
                # It has ended meanwhile.
                continue
        for key in self._gauges.keys() - seen:
            self._gauges.pop(key).close()
        return found

    def close(self) -> None:
        """Let go of all files."""
        for gauge in self._gauges.values():
            gauge.close()
        self._gauges.clear()


class _Gauge:
    """The counters of one run of one container."""

    def __init__(self, container: Container) -> None:
        self._usage = Usage(container.cgroup)
        self._before: tuple[int, int] | None = None
        self._network: int | None = None
        # On the machine's own network nothing is counted for a container alone.
        if container.host_config["NetworkMode"] != "host":
            try:
                path = f"/proc/{container.state.pid}/net/dev"
                self._network = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                self._network = None

    def read(self, machine: int) -> Statistics:
        used = self._usage.read()
        received, sent = self._passed()
        return Statistics(
            self._share(used),
            used.memory,
            min(used.limit or machine, machine),
            received,
            sent,
            used.read,
            used.written,
            used.tasks,
        )

    def _share(self, used: Used) -> float | None:
        """Work out the percentage; the first sample has none."""
        if used.cpu is None:
            return None
        now = time.monotonic_ns()
        before, self._before = self._before, (now, used.cpu)
        if before is None or now == before[0]:
            return None
        return max(0.0, 100 * (used.cpu - before[1]) / (now - before[0]))

    def _passed(self) -> tuple[int, int]:
        """Add up what came in by every interface but the loopback, and what went out; proc_net_dev(5)."""
        received = sent = 0
        if self._network is not None:
            for line in os.pread(self._network, _READ, 0).split(b"\n")[2:]:
                name, _, counters = line.partition(b":")
                if counters and name.strip() != b"lo":
                    words = counters.split()
                    received, sent = received + int(words[0]), sent + int(words[8])
        return received, sent

    def close(self) -> None:
        self._usage.close()
        if self._network is not None:
            os.close(self._network)
            self._network = None
