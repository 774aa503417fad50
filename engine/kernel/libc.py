"""The door to libc: one loaded library, one way to raise what a call reports."""

from __future__ import annotations

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long


def syscall(number: int, *arguments: object) -> int:
    """Make a raw system call; ints become longs, bytes become pointers.

    Raises OSError with the call's errno.
    """
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    result: int = _syscall(ctypes.c_long(number), *words)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def call(name: str, *arguments: object) -> int:
    """Call a libc function that returns -1 and sets errno on failure."""
    result: int = getattr(_libc, name)(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


_NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": {
        "mount": 165,
        "umount2": 166,
        "pivot_root": 155,
        "clone": 56,
        "prctl": 157,
        "capget": 125,
        "capset": 126,
        "seccomp": 317,
        "keyctl": 250,
        "setns": 308,
        "unshare": 272,
        "execveat": 322,
    },
    "aarch64": {
        "mount": 40,
        "umount2": 39,
        "pivot_root": 41,
        "clone": 220,
        "prctl": 167,
        "capget": 90,
        "capset": 91,
        "seccomp": 277,
        "keyctl": 219,
        "setns": 268,
        "unshare": 97,
        "execveat": 281,
    },
}
"""Numbers that differ between architectures; from Linux's own tables (arch/*/entry/syscalls)."""

ARCHITECTURE = os.uname().machine
NUMBER = _NUMBERS.get(ARCHITECTURE, _NUMBERS["aarch64"])
"""Numbers on this machine; architectures newer than 2012 all share the generic table."""
