"""AppArmor: whether this kernel has it, and changing to a profile at the next execve.

Kernel documentation: admin-guide/LSM/apparmor; the file is that of aa_change_onexec(3).
"""

from __future__ import annotations

import os

_SWITCH = "/sys/module/apparmor/parameters/enabled"
_FILES = ("/proc/thread-self/attr/apparmor/exec", "/proc/thread-self/attr/exec")


def enabled() -> bool:
    """Tell whether AppArmor confines anything here."""
    try:
        with open(_SWITCH, encoding="ascii") as file:
            return file.read(1) == "Y"
    except OSError:
        return False


def change_on_exec(profile: str) -> None:
    """Let the program that this process becomes be confined by a profile; the host's /proc is needed.

    Raises OSError where the profile is not loaded.
    """
    path = _FILES[0] if os.path.exists(_FILES[0]) else _FILES[1]
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, f"exec {profile}".encode())
    finally:
        os.close(descriptor)
