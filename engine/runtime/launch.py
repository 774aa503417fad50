"""The launcher: a bundle becomes a process in its own namespaces.

The caller is the container's shim, single-threaded; the child is its fork and obeys config.json step by step
(`init`).
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from engine.errors import EngineError, StartFailed, from_os
from engine.kernel.processes import NAMESPACE_FLAG, clone, join_namespace, start_time
from engine.paths import ContainerPaths
from engine.runtime import init
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.program import await_program
from engine.runtime.seccomp.cache import cached

LENDERS = "org.stackyard.lenders"


class Launched(NamedTuple):
    """A container's first process, running."""

    pid: int
    """As the host counts."""
    cgroup: Cgroup
    spec: dict[str, Any]
    """What it was launched from."""
    filter: bytes | None
    """Of its system calls, compiled."""

    @property
    def alone(self) -> bool:
        """Whether the kernel ends all others in the container with it: it has pids of its own."""
        return any(
            entry["type"] == "pid" and not entry.get("path") for entry in self.spec["linux"]["namespaces"]
        )


def launch(
    paths: ContainerPaths,
    stdio: tuple[int, int, int],
    console: init.Opener | None = None,
    *,
    cache: str,
    network: int = -1,
) -> Launched:
    """Start the bundle's process with these descriptors as its stdin, stdout and stderr, or with a terminal.

    `cache` is the directory of compiled system-call filters; `network` the descriptor of a network namespace
    that is furnished already and takes the place of a new one. Raises StartFailed with docker's exit code and
    sentence; nothing is left behind then.
    """
    import json

    from engine.runtime.union import read_union

    with open(paths.spec, "rb") as file:
        spec: dict[str, Any] = json.load(file)
    _check_lenders(spec.get("annotations", {}).get(LENDERS, ""))
    linux = spec["linux"]
    if network >= 0:
        _place_in(linux, network)
    document = linux.get("seccomp")
    program = cached(document, cache) if document else None
    union = read_union(paths.rootfs_mounts)
    cgroup = Cgroup.create(linux["cgroupsPath"], linux.get("resources", {}), counted=True)
    try:
        pid = bear(init.Birth(paths.rootfs, spec, union, cgroup, program, stdio, console=console))
    except EngineError:
        cgroup.remove()
        raise
    return Launched(pid, cgroup, spec, program)


def _place_in(linux: dict[str, Any], network: int) -> None:
    for entry in linux["namespaces"]:
        if entry["type"] == "network":
            entry["path"] = f"/proc/self/fd/{network}"


def _check_lenders(words: str) -> None:
    """See that each process whose namespaces are joined is still that one, and none that has its pid now."""
    for pid, _, ticks in (word.partition(":") for word in words.split()):
        if start_time(int(pid)) != int(ticks):
            raise StartFailed("the container whose namespaces are shared does not run any more", 125)


def bear(birth: init.Birth) -> int:
    """Start the process that `birth` describes, in a control group that stays the caller's; return its pid.

    Raises StartFailed, and EngineError where the kernel refuses the namespaces.
    """
    answer, report = os.pipe2(os.O_CLOEXEC)
    try:
        pid = _clone(birth)
        if pid == 0:
            init.live(birth._replace(report=report))
        os.close(report)
        await_program(pid, answer)
    except OSError as error:
        raise from_os(error, "cannot make the container's namespaces") from error
    finally:
        os.close(answer)
    return pid


def _clone(birth: init.Birth) -> int:
    """Clone, among the pids of another container where the specification says so."""
    linux = birth.spec["linux"]
    given = next((entry.get("path") for entry in linux["namespaces"] if entry["type"] == "pid"), None)
    if not given:
        return clone(_flags(linux), birth.cgroup.unified)
    join_namespace(given)
    pid = -1
    try:
        pid = clone(_flags(linux), birth.cgroup.unified)
    finally:
        if pid:
            join_namespace("/proc/self/ns/pid")
    return pid


def _flags(linux: dict[str, Any]) -> int:
    """Which namespaces clone makes.

    All new ones but the cgroup's, which must be made from inside the group.
    """
    new = (entry["type"] for entry in linux["namespaces"] if not entry.get("path"))
    flags = 0
    for name in new:
        flags |= NAMESPACE_FLAG[name] if name != "cgroup" else 0
    return flags
