"""The control groups of runners: made, held locked while somebody lives who will remove them, and swept.

A group whose lock is free belonged to a runner that was killed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from typing import Any

from engine.errors import EngineError
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.devices import default_devices

_FOLDER, _PREFIX = "stackyard", "build-"
_ATTEMPTS = 5


class Held:
    """A control group of this process's own."""

    def __init__(self, name: str, resources: Mapping[str, Any]) -> None:
        """Make it with the default devices and these limits. Raises EngineError."""
        for _ in range(_ATTEMPTS):
            self.group = Cgroup.create(
                f"{_FOLDER}/{_PREFIX}{name}", {"devices": default_devices(), **resources}
            )
            self._locks = [lock for path in self._places() if (lock := _locked(path)) is not None]
            # Between its making and its locking somebody who sweeps may have taken it for a dead one's.
            if all(map(os.path.isdir, self._places())):
                return
            self.remove()
        raise EngineError("the control group was removed again and again", resolution="try again")

    def remove(self) -> None:
        """Remove it; what should still live in it is killed."""
        try:
            self.group.remove()
        except EngineError:
            self.group.kill()
        for lock in self._locks:
            os.close(lock)
        self._locks.clear()

    def sweep(self) -> None:
        """Remove what runners left that were killed."""
        for folder in {os.path.dirname(place) for place in self._places()}:
            for name in os.listdir(folder):
                if name.startswith(_PREFIX) and _is_abandoned(f"{folder}/{name}"):
                    _remove(name)

    def _places(self) -> list[str]:
        return sorted(set(self.group.directories.values()))


def _locked(path: str) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _is_abandoned(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _remove(name: str) -> None:
    try:
        group = Cgroup.open(f"{_FOLDER}/{name}")
        group.kill()
        group.remove()
    except EngineError:
        # Another sweeper may have been quicker.
        return
