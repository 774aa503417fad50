"""Giving up rights: limits, user, groups, capabilities and system calls, in the one order that works.

Follows capabilities(7) and prctl(2): the bounding set is cut while CAP_SETPCAP is there, the user changes
with the permitted set kept, the sets are then laid down exactly, and nothing is inheritable or ambient
(CVE-2022-29162).
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Mapping, Sequence
from typing import Any

from engine.kernel import capabilities, processes
from engine.kernel import seccomp as kernel_seccomp


def give_up(process: Mapping[str, Any], program: bytes | None) -> None:
    """Become what the specification's `process` says; `program` is the compiled seccomp filter."""
    _limit(process.get("rlimits", ()))
    restricted = bool(process.get("noNewPrivileges"))
    if restricted:
        processes.no_new_privileges()
    elif program:
        kernel_seccomp.install(program)
    sets = process.get("capabilities", {})
    processes.limit_bounding_set(capabilities.mask(sets.get("bounding", ())))
    user = process["user"]
    processes.keep_capabilities(True)
    os.setgroups(user.get("additionalGids", ()))
    os.setresgid(user["gid"], user["gid"], user["gid"])
    os.setresuid(user["uid"], user["uid"], user["uid"])
    processes.keep_capabilities(False)
    _lay_down(sets, root=user["uid"] == 0)
    os.umask(user.get("umask", 0o022))
    processes.die_with_parent()
    if restricted and program:
        kernel_seccomp.install(program)


def _lay_down(sets: Mapping[str, Sequence[str]], *, root: bool) -> None:
    """Set the capability sets.

    An ordinary user holds none unless they are ambient, as execve(2) would leave it.
    """
    mask = {name: capabilities.mask(names) for name, names in sets.items()}
    ambient = mask.get("ambient", 0)
    held = mask.get("permitted", 0) if root else ambient
    processes.set_capabilities(mask.get("effective", 0) & held, held, mask.get("inheritable", 0) & held)
    processes.set_ambient_capabilities(ambient)


def _limit(limits: Sequence[Mapping[str, Any]]) -> None:
    for limit in limits:
        number = getattr(resource, limit["type"])
        try:
            resource.setrlimit(number, (limit["soft"], limit["hard"]))
        except ValueError as error:
            raise OSError(errno.EPERM, f"setting {limit['type']}: {error}") from None
