"""Seccomp filters: putting a compiled one in force; seccomp(2)."""

from __future__ import annotations

import ctypes

from engine.kernel.libc import NUMBER, syscall

_SET_MODE_FILTER = 1
_LOG, _SPEC_ALLOW = 2, 4


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def install(program: bytes, *, log: bool = False) -> None:
    """Filter this thread's system calls, and those of all it forks and executes, from here on.

    `program` is an array of struct sock_filter. Speculative execution keeps its usual mitigations and no more
    (SPEC_ALLOW, as runc does: switching them per process slows every container down). `log` has refusals
    written to the audit log. Raises OSError: EACCES without CAP_SYS_ADMIN or no_new_privs, EINVAL for a bad
    program.
    """
    buffer = ctypes.create_string_buffer(program, len(program))
    header = _Program(len(program) // 8, ctypes.addressof(buffer))
    flags = _SPEC_ALLOW | (_LOG if log else 0)
    syscall(NUMBER["seccomp"], _SET_MODE_FILTER, flags, ctypes.byref(header))
