"""A further process in a container that runs, born into its namespaces and control group, with its rights.

The caller is the container's shim, so the process is its child and survives whoever asked for it. It is a
fork that imports nothing; the container's files are seen only once it is inside (CVE-2019-14271).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from engine.errors import from_os
from engine.kernel import processes
from engine.runtime import credentials
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.init import Opener
from engine.runtime.program import (
    ENGINE_FAILED,
    NOT_EXECUTABLE,
    await_program,
    enter_cwd,
    execute,
    fail,
    hand_over_streams,
    restore_signals,
)

_JOINED = (
    processes.CLONE_NEWNS | processes.CLONE_NEWUTS | processes.CLONE_NEWIPC | processes.CLONE_NEWNET
    | processes.CLONE_NEWCGROUP
)  # fmt: skip


class Entry(NamedTuple):
    """All that the process needs."""

    target: int
    """The pidfd of the container's first process."""
    process: Mapping[str, Any]
    """As the runtime specification's `process`."""
    cgroup: Cgroup
    filter: bytes | None
    """The compiled filter of system calls."""
    stdio: tuple[int, int, int]
    console: Opener | None = None
    """Provides the terminal, where there is one."""


def enter(entry: Entry) -> int:
    """Start the process; return its pid once it has become the program.

    Raises StartFailed with docker's exit code and sentence, and EngineError.
    """
    answer, report = os.pipe2(os.O_CLOEXEC)
    try:
        try:
            pid = _born(entry, report)
        finally:
            os.close(report)
        await_program(pid, answer)
    except OSError as error:
        raise from_os(error, "cannot enter the container") from error
    finally:
        os.close(answer)
    return pid


def _born(entry: Entry, report: int) -> int:
    """Fork into the container's process namespace; return the child's pid."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    processes.join_namespaces(entry.target, processes.CLONE_NEWPID)
    try:
        pid = processes.clone(0, entry.cgroup.unified)
        if pid == 0:
            _live(entry, report)
    finally:
        processes.join_namespaces(own, processes.CLONE_NEWPID)
        os.close(own)
    return pid


def _live(entry: Entry, report: int) -> NoReturn:
    try:
        _become(entry, report)
    except OSError as error:
        fail(report, ENGINE_FAILED, error.strerror or str(error))
    except Exception as error:  # the border of the process: whatever it is, the shim must hear of it
        fail(report, ENGINE_FAILED, f"{type(error).__name__}: {error}")
    os._exit(ENGINE_FAILED)


def _become(entry: Entry, report: int) -> None:
    process = entry.process
    processes.die_with_parent()
    os.setsid()
    for number, descriptor in enumerate(entry.stdio):
        os.dup2(descriptor, number)
    entry.cgroup.enter(placed=entry.cgroup.unified is not None)
    processes.join_namespaces(entry.target, _JOINED)
    if entry.console:
        entry.console(process)
    try:
        enter_cwd(process["cwd"])
    except OSError as error:
        why = (error.strerror or "").lower()
        fail(report, NOT_EXECUTABLE, f'chdir to cwd ("{process["cwd"]}") set in config.json failed: {why}')
    processes.new_session_keyring()
    processes.close_on_exec_from(3)
    restore_signals()
    hand_over_streams(process["user"]["uid"])
    credentials.give_up(process, entry.filter)
    execute(report, process["args"], process.get("env", ()))
