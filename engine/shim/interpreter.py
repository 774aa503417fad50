"""Starting a fresh, single-threaded interpreter: never a fork of the caller, which may have threads.

The interpreter runs from a detached read-only mount of its own file, so a container that reaches it through
/proc/self/exe finds nothing it can write to (CVE-2019-5736).
"""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Mapping
from typing import Any

from engine.kernel import mounts

_SIGNALS = (*range(1, 32), *range(34, 65))
"""All but the two that the C library keeps for itself."""
FIRST_FREE = 5
"""No descriptor that the new process is given stands below this number in the caller: none is overwritten
before it is handed over.
"""


def spawn(boot: str, descriptors: Mapping[int, int]) -> int:
    """Start an interpreter on the text `boot`, which finds our home in sys.argv[1]; return its pid.

    `descriptors` maps its numbers, from 3 on, to ours, which must be FIRST_FREE or more. Raises OSError.
    """
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sealed, path = _sealed_interpreter()
    actions: list[tuple[Any, ...]] = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0)]
    actions += [(os.POSIX_SPAWN_DUP2, 0, number) for number in (1, 2)]
    actions += [(os.POSIX_SPAWN_DUP2, ours, number) for number, ours in descriptors.items()]
    try:
        return os.posix_spawn(
            path,
            [sys.executable, "-I", "-S", "-c", boot, home],
            {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
            file_actions=actions,
            setsid=True,
            # What the caller ignores or blocks is no business of the container's.
            setsigmask=(),
            setsigdef=_SIGNALS,
        )
    finally:
        if sealed >= 0:
            os.close(sealed)


def high(descriptor: int) -> int:
    """Move a descriptor to a number that stays clear of those the new process is given."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)
    os.close(descriptor)
    return moved


def _sealed_interpreter() -> tuple[int, str]:
    """Clone the mount of the interpreter's file read-only.

    Without the right to, fall back to the file itself.
    """
    path = os.path.realpath(sys.executable)
    try:
        descriptor = mounts.clone_tree(path)
    except OSError:
        return -1, path
    try:
        mounts.set_attributes(descriptor, mounts.MOUNT_ATTR_RDONLY)
    except OSError:
        os.close(descriptor)
        return -1, path
    moved = high(descriptor)
    return moved, f"/proc/self/fd/{moved}"
