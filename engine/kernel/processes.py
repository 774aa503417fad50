"""Processes: clone(2) with namespaces, prctl(2), capabilities, close_range(2), keyctl(2), setns(2)."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from collections.abc import Callable, Sequence

from engine.kernel.libc import NUMBER, call, syscall

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
NAMESPACE_FLAG = {
    "mount": CLONE_NEWNS,
    "cgroup": CLONE_NEWCGROUP,
    "uts": CLONE_NEWUTS,
    "ipc": CLONE_NEWIPC,
    "user": CLONE_NEWUSER,
    "pid": CLONE_NEWPID,
    "network": CLONE_NEWNET,
}
"""The runtime specification's names of the namespaces; namespaces(7)."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_CAPBSET_READ, _PR_CAPBSET_DROP = 1, 4, 8, 23, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_SET_NAME = 36, 38, 47, 15
_CAP_AMBIENT_RAISE, _CAP_AMBIENT_CLEAR_ALL = 2, 4
_CAPABILITY_VERSION_3 = 0x20080522
_CLONE3, _CLONE_INTO_CGROUP = 435, 0x200000000
_CLONE_ARGUMENTS = struct.Struct("=11Q")
_CLOSE_RANGE, _CLOSE_RANGE_CLOEXEC = 436, 4
_KEYCTL_JOIN_SESSION_KEYRING = 1


def clone(flags: int, cgroup: int | None = None) -> int:
    """Fork into new namespaces, and into the version 2 control group behind `cgroup`; return the child's pid,
    or 0 in the child.

    Only for a single-threaded process. The interpreter is told afterwards, as os.fork() would tell it;
    clone3(2), Linux 5.7.
    """
    if cgroup is not None:
        flags |= _CLONE_INTO_CGROUP
    arguments = _CLONE_ARGUMENTS.pack(flags, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, cgroup or 0)
    python = ctypes.pythonapi
    python.PyOS_BeforeFork()
    pid = -1
    try:
        pid = syscall(_CLONE3, arguments, len(arguments))
    finally:
        if pid == 0:
            python.PyOS_AfterFork_Child()
        else:
            python.PyOS_AfterFork_Parent()
    return pid


def prctl(option: int, value: int = 0, more: int = 0) -> int:
    """Call prctl(2)."""
    return syscall(NUMBER["prctl"], option, value, more, 0, 0)


def die_with_parent() -> None:
    """Ask for SIGKILL when the parent dies; forgotten at a change of credentials, so ask after it."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def undumpable() -> None:
    """Keep others from tracing this process and from opening its /proc files."""
    prctl(_PR_SET_DUMPABLE, 0)


def no_new_privileges() -> None:
    """Forbid gaining rights by execve from here on."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def adopt_orphans() -> None:
    """Become the parent of descendants whose parent dies."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def keep_capabilities(keep: bool) -> None:
    """Keep the permitted set across a change away from uid 0."""
    prctl(_PR_SET_KEEPCAPS, int(keep))


def set_name(name: str) -> None:
    """Name this thread, as ps shows it."""
    buffer = ctypes.create_string_buffer(name.encode()[:15])
    syscall(NUMBER["prctl"], _PR_SET_NAME, buffer, 0, 0, 0)


def limit_bounding_set(keep: int) -> None:
    """Drop every capability whose bit is not in `keep` from the bounding set."""
    for number in range(64):
        try:
            if prctl(_PR_CAPBSET_READ, number) and not keep >> number & 1:
                prctl(_PR_CAPBSET_DROP, number)
        except OSError:
            return


def set_capabilities(effective: int, permitted: int, inheritable: int) -> None:
    """Call capset(2) for this process."""
    header = struct.pack("=II", _CAPABILITY_VERSION_3, 0)
    low, high = [], []
    for mask in (effective, permitted, inheritable):
        low.append(mask & 0xFFFFFFFF)
        high.append(mask >> 32)
    syscall(NUMBER["capset"], header, struct.pack("=6I", *low, *high))


def get_capabilities() -> tuple[int, int, int]:
    """Tell this process's effective, permitted and inheritable sets; capget(2)."""
    header = struct.pack("=II", _CAPABILITY_VERSION_3, 0)
    data = ctypes.create_string_buffer(24)
    syscall(NUMBER["capget"], header, data)
    words = struct.unpack("=6I", data.raw)
    return words[0] | words[3] << 32, words[1] | words[4] << 32, words[2] | words[5] << 32


def set_ambient_capabilities(mask: int) -> None:
    """Make exactly the capabilities of `mask` ambient."""
    prctl(_PR_CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL)
    for number in range(64):
        if mask >> number & 1:
            prctl(_PR_CAP_AMBIENT, _CAP_AMBIENT_RAISE, number)


def close_on_exec_from(first: int) -> None:
    """Mark every descriptor from `first` on to be closed at execve."""
    try:
        syscall(_CLOSE_RANGE, first, 0xFFFFFFFF, _CLOSE_RANGE_CLOEXEC)
    except OSError:
        _each_descriptor_from(first, lambda number: os.set_inheritable(number, False))


def close_from(first: int) -> None:
    """Close every descriptor from `first` on."""
    try:
        syscall(_CLOSE_RANGE, first, 0xFFFFFFFF, 0)
    except OSError:
        _each_descriptor_from(first, os.close)


def _each_descriptor_from(first: int, do: Callable[[int], object]) -> None:
    """Below Linux 5.9 or 5.11 the descriptors are looked up one by one."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) >= first:
            try:
                do(int(name))
            except OSError:
                continue


def new_session_keyring() -> None:
    """Leave the caller's session keyring behind."""
    syscall(NUMBER["keyctl"], _KEYCTL_JOIN_SESSION_KEYRING, None)


def join_namespace(namespace: str | int) -> None:
    """Enter the namespace behind a /proc/PID/ns file, or behind its descriptor; setns(2)."""
    if isinstance(namespace, int):
        syscall(NUMBER["setns"], namespace, 0)
        return
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        syscall(NUMBER["setns"], descriptor, 0)
    finally:
        os.close(descriptor)


def join_namespaces(descriptor: int, flags: int) -> None:
    """Enter those of a process's namespaces that `flags` name, by its pidfd; setns(2), Linux 5.8.

    With CLONE_NEWPID alone, and with a namespace's own descriptor, it is where children will be born.
    """
    syscall(NUMBER["setns"], descriptor, flags)


def unshare(flags: int) -> None:
    """Leave the caller's namespaces for new ones; unshare(2)."""
    call("unshare", flags)


def set_host_name(name: str) -> None:
    """Set the host name of this UTS namespace."""
    encoded = name.encode()
    call("sethostname", encoded, len(encoded))


def set_domain_name(name: str) -> None:
    """Set the NIS domain name of this UTS namespace."""
    encoded = name.encode()
    call("setdomainname", encoded, len(encoded))


def start_time(pid: int) -> int | None:
    """Tell when a process started, in clock ticks since boot, or None when it is gone; proc_pid_stat(5)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return int(stat.read().rpartition(b")")[2].split()[19])
    except (OSError, IndexError):
        return None


_PR_SET_MM, _PR_SET_MM_MAP = 35, 14
_MM_MAP = struct.Struct("=11QQII")
_title: ctypes.Array[ctypes.c_char] | None = None


def ignores(pid: int, number: int) -> bool:
    """Tell whether a signal means nothing to the first process of a pid namespace; pid_namespaces(7).

    It does where the process has no handler for it, and does not hold it back to read it later.
    """
    masks = {}
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
            for line in status:
                name, _, value = line.partition(":")
                if name in ("SigCgt", "SigBlk"):
                    masks[name] = int(value, 16)
    except (OSError, ValueError):
        return False
    return bool(masks) and not any(mask >> (number - 1) & 1 for mask in masks.values())


def _program_break() -> int:
    sbrk = ctypes.CDLL(None).sbrk
    sbrk.restype = ctypes.c_void_p
    return int(sbrk(0) or 0)


def show_arguments(arguments: Sequence[str]) -> None:
    """Change what /proc/self/cmdline shows; best effort, where the kernel refuses nothing changes.

    The layout of struct prctl_mm_map and the order of the stat fields are those of prctl(2) and
    proc_pid_stat(5).
    """
    global _title
    text = b"".join(os.fsencode(word) + b"\0" for word in arguments)
    _title = ctypes.create_string_buffer(text, len(text))
    start = ctypes.addressof(_title)
    try:
        with open("/proc/self/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        code, end_code, stack = (int(fields[index]) for index in (23, 24, 25))
        data, end_data, brk = (int(fields[index]) for index in (42, 43, 44))
        environment, end_environment = int(fields[47]), int(fields[48])
        record = _MM_MAP.pack(
            code,
            end_code,
            data,
            end_data,
            brk,
            _program_break(),
            stack,
            start,
            start + len(text),
            environment,
            end_environment,
            0,
            0,
            0xFFFFFFFF,
        )
        buffer = ctypes.create_string_buffer(record, len(record))
        syscall(NUMBER["prctl"], _PR_SET_MM, _PR_SET_MM_MAP, buffer, len(record), 0)
    except (OSError, ValueError, IndexError):
        return
