"""The processes of a container, as this machine's /proc tells them."""

from __future__ import annotations

import os
from typing import NamedTuple

from engine.containers.record import Container
from engine.errors import NotFound, from_os
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.signals import number_of

_STATE, _PARENT, _TERMINAL, _USER_TIME, _SYSTEM_TIME = 0, 1, 4, 11, 12
_THREADS, _BEGAN, _RESIDENT = 17, 19, 21
"""Places in /proc/<pid>/stat behind the name; proc_pid_stat(5)."""


class Process(NamedTuple):
    """One process."""

    pid: int
    """As the host counts."""
    parent: int
    inner: int
    """Its pid as the container counts."""
    uid: int
    state: str
    """One letter: R runs, S sleeps, D waits for a device, T is stopped, Z is a zombie …"""
    terminal: int
    """The number of its device; 0 is none."""
    threads: int
    cpu: float
    """Seconds of processor time."""
    began: float
    """Seconds since the epoch."""
    memory: int
    """Resident bytes."""
    command: str


def processes(container: Container) -> list[Process]:
    """List what runs in a container, oldest pid first."""
    clock, page, boot = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE"), _boot()
    found = []
    for pid in sorted(members(container)):
        try:
            found.append(_process(pid, clock, page, boot))
        except (FileNotFoundError, ProcessLookupError):
            # It has ended meanwhile.
            continue
    return found


def members(container: Container) -> set[int]:
    """Find the pids of a container's processes: its control group's, or else its pid namespace's."""
    cgroup = Cgroup.open(container.cgroup)
    cgroup.close()
    directories = cgroup.directories
    if directories:
        pids: set[int] = set()
        for folder, _, _ in os.walk(directories.get("") or next(iter(directories.values()))):
            pids |= _listed(f"{folder}/cgroup.procs")
        return pids
    return _same_namespace(container.state.pid) if container.state.pid else set()


def send(container: Container, pid: int, name: str) -> None:
    """Send a signal to one process. Raises NotFound when the container has no such process (any more)."""
    import signal

    number = number_of(name)
    try:
        process = os.pidfd_open(pid)
        try:
            # Asked once it is held, so that no later process with its number is hit.
            if pid not in members(container):
                raise ProcessLookupError
            signal.pidfd_send_signal(process, number)
        finally:
            os.close(process)
    except (ProcessLookupError, ValueError):
        raise NotFound(f"No such process in container {container.name}: {pid}") from None
    except OSError as error:
        raise from_os(error, f"cannot signal process {pid}") from error


def _listed(path: str) -> set[int]:
    try:
        with open(path, "rb") as file:
            return set(map(int, file.read().split()))
    except OSError:
        # The group is over.
        return set()


def _same_namespace(first: int) -> set[int]:
    try:
        wanted = os.stat(f"/proc/{first}/ns/pid").st_ino
    except OSError:
        return set()
    if wanted == os.stat("/proc/self/ns/pid").st_ino:
        return {first}
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}/ns/pid").st_ino == wanted:
                found.add(int(name))
        except OSError:
            continue
    return found


def _process(pid: int, clock: int, page: int, boot: float) -> Process:
    """Read one; raises FileNotFoundError or ProcessLookupError when it has ended."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        _, _, rest = file.read().partition(b"(")
    name, _, rest = rest.rpartition(b")")
    words = rest.split()
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        line = file.read()
    with open(f"/proc/{pid}/status", "rb") as file:
        status = dict(line.split(b":", 1) for line in file if b":" in line)
    command = line.rstrip(b"\0").replace(b"\0", b" ") if line else b"[%s]" % name
    state = words[_STATE].decode()
    return Process(
        pid,
        int(words[_PARENT]),
        int(status[b"NSpid"].split()[-1]),
        int(status[b"Uid"].split()[1]),
        state,
        int(words[_TERMINAL]),
        int(words[_THREADS]),
        (int(words[_USER_TIME]) + int(words[_SYSTEM_TIME])) / clock,
        boot + int(words[_BEGAN]) / clock,
        int(words[_RESIDENT]) * page,
        command.decode("utf-8", "replace") + (" <defunct>" if state == "Z" else ""),
    )


def _boot() -> float:
    """Read when the machine was started, in seconds since the epoch."""
    with open("/proc/stat", "rb") as file:
        return float(next(line.split()[1] for line in file if line.startswith(b"btime ")))
