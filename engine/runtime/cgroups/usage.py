"""What a control group has used: its counters, kept open and read again and again.

Version 1 and 2 count in different files; here they come as one value. A counter that this machine or this
user does not have is None.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import NamedTuple

from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.layout import Layout

_READ = 16384
_UNLIMITED = 1 << 60
"""Version 1 writes a limit of almost 2^63 for none."""


class Used(NamedTuple):
    """The counters at one moment; bytes unless said otherwise."""

    cpu: int | None = None
    """Nanoseconds of processor time."""
    memory: int | None = None
    """Without the cache of files that nobody used lately, as docker counts."""
    limit: int | None = None
    """What it may use of memory; None if nothing limits it."""
    read: int | None = None
    written: int | None = None
    tasks: int | None = None


class Usage:
    """The open counters of one group; close it."""

    def __init__(self, name: str, *, layout: Layout | None = None) -> None:
        cgroup = Cgroup.open(name, layout=layout or Layout.probe())
        cgroup.close()
        found = cgroup.directories
        self._files: dict[str, int] = {}
        memory, io = found.get("memory"), found.get("io")
        self._first_memory = os.path.exists(f"{memory}/memory.usage_in_bytes")
        self._open("cpu1", found.get("cpuacct"), "cpuacct.usage")
        if "cpu1" not in self._files:
            self._open("cpu2", found.get(""), "cpu.stat")
        self._open("memory", memory, "memory.usage_in_bytes" if self._first_memory else "memory.current")
        self._open("limit", memory, "memory.limit_in_bytes" if self._first_memory else "memory.max")
        self._open("cache", memory, "memory.stat")
        self._open("io1", io, "blkio.throttle.io_service_bytes_recursive")
        self._open("io2", io, "io.stat")
        self._open("tasks", found.get("pids"), "pids.current")

    def _open(self, key: str, directory: str | None, file: str) -> None:
        try:
            if directory:
                self._files[key] = os.open(f"{directory}/{file}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return

    def read(self) -> Used:
        """Read the counters; raises OSError once the group is gone."""
        memory = self._number("memory")
        cache = self._found("cache", b"total_inactive_file " if self._first_memory else b"\ninactive_file ")
        limit = self._number("limit")
        read, written = self._transferred()
        return Used(
            self._processor(),
            max(0, memory - (cache or 0)) if memory is not None else None,
            limit if limit is not None and limit < _UNLIMITED else None,
            read,
            written,
            self._number("tasks"),
        )

    def _processor(self) -> int | None:
        if "cpu1" in self._files:
            return self._number("cpu1")
        microseconds = self._found("cpu2", b"usage_usec ")
        return None if microseconds is None else microseconds * 1000

    def _transferred(self) -> tuple[int | None, int | None]:
        if "io1" in self._files:
            return _summed(self._content("io1"), _first)
        return _summed(self._content("io2"), _second) if "io2" in self._files else (None, None)

    def _content(self, key: str) -> bytes:
        return os.pread(self._files[key], _READ, 0)

    def _number(self, key: str) -> int | None:
        if key not in self._files:
            return None
        text = self._content(key).strip()
        return int(text) if text.isdigit() else None

    def _found(self, key: str, name: bytes) -> int | None:
        if key not in self._files:
            return None
        _, there, rest = self._content(key).partition(name)
        return int(rest[: rest.index(b"\n")]) if there else None

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()


def _summed(content: bytes, pairs: Callable[[list[bytes]], Iterable[tuple[bytes, bytes]]]) -> tuple[int, int]:
    """Add up what all devices read and wrote."""
    read = written = 0
    for line in content.splitlines():
        for name, number in pairs(line.split()):
            if name in (b"Read", b"rbytes"):
                read += int(number)
            elif name in (b"Write", b"wbytes"):
                written += int(number)
    return read, written


def _first(words: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    # "8:0 Read 4096"; the last line is a total.
    return [(words[1], words[2])] if len(words) == 3 else []


def _second(words: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    # "8:0 rbytes=4096 wbytes=0 rios=1 …"
    return [(name, number) for name, _, number in (word.partition(b"=") for word in words[1:])]
