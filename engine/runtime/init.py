"""The container's first process, from its birth in new namespaces to execve.

It is a fork of the shim and imports nothing: from the moment the root is switched, the only code left is what
is already loaded and the program the container names (CVE-2019-14271). What fails is told to the shim through
a pipe that closes at execve.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from engine.kernel import network, processes
from engine.kernel.mounts import Mount
from engine.runtime import apparmor, credentials, rootfs
from engine.runtime.attachments import Attachment
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.program import (
    ENGINE_FAILED,
    enter_cwd,
    execute,
    fail,
    hand_over_streams,
    restore_signals,
)
from engine.runtime.reaper import PASSED, reap_until

INIT = "org.stackyard.init"

Opener = Callable[[Mapping[str, Any]], None]
"""Makes a terminal for what the specification's `process` says, inside the new root."""


class Birth(NamedTuple):
    """All that the first process needs, gathered before it is born."""

    rootfs: str
    """The empty directory on which the root is mounted."""
    spec: Mapping[str, Any]
    union: tuple[Mount, ...]
    cgroup: Cgroup
    filter: bytes | None
    stdio: tuple[int, int, int]
    attachments: tuple[Attachment, ...] = ()
    """What is mounted besides the specification's own mounts, in this order."""
    console: Opener | None = None
    """Provides the terminal, where there is one."""
    report: int = -1
    """Where a failure is written: `code message`; closes at execve."""


def live(birth: Birth) -> NoReturn:
    """Turn this fresh process into the container's; never return."""
    try:
        _become(birth)
    except OSError as error:
        fail(birth.report, ENGINE_FAILED, error.strerror or str(error))
    except Exception as error:  # the border of the process: whatever it is, the shim must hear of it
        fail(birth.report, ENGINE_FAILED, f"{type(error).__name__}: {error}")
    os._exit(ENGINE_FAILED)


def _become(birth: Birth) -> None:
    spec, process = birth.spec, birth.spec["process"]
    processes.die_with_parent()
    os.setsid()
    for number, descriptor in enumerate(birth.stdio):
        os.dup2(descriptor, number)
    birth.cgroup.enter(placed=birth.cgroup.unified is not None)
    _separate(spec)
    _set_kernel_values(spec)
    rootfs.assemble(birth.rootfs, birth.union, spec, birth.cgroup.mounts(), birth.attachments)
    if birth.console:
        birth.console(process)
    enter_cwd(process["cwd"])
    processes.new_session_keyring()
    processes.close_on_exec_from(3)
    restore_signals()
    hand_over_streams(process["user"]["uid"])
    credentials.give_up(process, birth.filter)
    if spec.get("annotations", {}).get(INIT) == "true":
        _leave_init_behind(birth.report, process["args"])
    execute(birth.report, process["args"], process.get("env", ()))


def _separate(spec: Mapping[str, Any]) -> None:
    """Enter the namespaces that clone could not make.

    Given ones, but for the pids', in which this process was born already; and the cgroup's, which counts
    from where it is now.
    """
    paths = {entry["type"]: entry.get("path") for entry in spec["linux"]["namespaces"]}
    for kind, path in paths.items():
        if path and kind != "pid":
            processes.join_namespace(path)
    if paths.get("cgroup", "host") is None:
        processes.unshare(processes.CLONE_NEWCGROUP)
    if paths.get("network", "host") is None:
        network.raise_loopback()
    if paths.get("uts", "host") is None:
        processes.set_host_name(spec.get("hostname", ""))
        processes.set_domain_name(spec.get("domainname", "(none)"))


def _set_kernel_values(spec: Mapping[str, Any]) -> None:
    """Write sysctls, the AppArmor profile and the OOM score while /proc is still the host's.

    No image can have tampered with that one (CVE-2025-52881).
    """
    for name, value in spec["linux"].get("sysctl", {}).items():
        _write(f"/proc/sys/{name.replace('.', '/')}", value)
    if profile := spec["process"].get("apparmorProfile"):
        apparmor.change_on_exec(profile)
    score = spec["process"].get("oomScoreAdj")
    if score is not None:
        _write("/proc/self/oom_score_adj", str(score))


def _write(path: str, value: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, value.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        why = (error.strerror or "").lower()
        raise OSError(error.errno, f"setting {path} to {value}: {why}") from None


def _leave_init_behind(report: int, arguments: Sequence[str]) -> None:
    """Fork: the child goes on to be the program, this process stays as its init and ends as it ends."""
    # A signal that comes before the init can pass it on waits; as pid 1 it would be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED)
    child = os.fork()
    if child:
        processes.close_from(3)
        reap_until(child, ("/sbin/docker-init", "--", *arguments))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED)
