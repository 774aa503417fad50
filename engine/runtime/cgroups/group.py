"""One directory in one hierarchy: making it, telling it its limits, taking it away."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from typing import NamedTuple

from engine.errors import EngineError, InUse, InvalidInput, NotPermitted, Unsupported, from_os
from engine.runtime.cgroups.layout import Place


class Group(NamedTuple):
    """A control group as one hierarchy sees it."""

    version: int
    directory: str

    @property
    def door(self) -> str:
        """The file by which a single-threaded process moves itself in, writing 0.

        On version 1 it is `tasks`: moving only oneself spares the lock of `cgroup.procs` (10 to 20 ms).
        """
        return f"{self.directory}/{'tasks' if self.version == 1 else 'cgroup.procs'}"

    def processes(self) -> list[int]:
        """List the members; none once the group is gone."""
        try:
            with open(f"{self.directory}/cgroup.procs", "rb") as file:
                return [int(line) for line in file.read().split()]
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENODEV):
                return []
            raise

    def set(self, file: str, *values: str) -> None:
        """Write one setting, or several in a row; raises what stands against it as an EngineError."""
        write(f"{self.directory}/{file}", *values)

    def counter(self, file: str, key: str) -> int:
        """Read one number from a file of `key number` lines; zero when either is missing."""
        try:
            with open(f"{self.directory}/{file}", encoding="ascii") as lines:
                return next((int(value) for name, value in map(str.split, lines) if name == key), 0)
        except OSError:
            return 0


def write(path: str, *values: str) -> None:
    """Write to one control file, one write(2) a value as the kernel wants it."""
    value = ""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            for value in values:
                os.write(descriptor, value.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refusal(error, path, value) from error


def _refusal(error: OSError, path: str, value: str) -> EngineError:
    file = os.path.basename(path)
    if error.errno == errno.ENOENT:
        return Unsupported(f"This kernel has no {file}, so {value} cannot be set")
    if error.errno in (errno.EPERM, errno.EACCES, errno.EROFS):
        return NotPermitted(f"Not permitted to set {file} to {value}", details=path, resolution="run as root")
    if error.errno in (errno.EINVAL, errno.ERANGE, errno.ENODEV):
        return InvalidInput(f"The kernel does not accept {value} for {file}", details=path)
    return from_os(error, f"Cannot set {file} to {value}")


def make(place: Place, name: str, controllers: Iterable[str] = ()) -> Group:
    """Make the group `name` at a place that has a base, with these controllers at work in it.

    A group of that name left by a crash is replaced; raises InUse while it still has members. Directories on
    the way stay for the next one.
    """
    assert place.base is not None
    directory, parents = f"{place.base}/{name}", name.split("/")[:-1]
    group = Group(place.version, directory)
    try:
        above = place.base
        _prepare(place, above, controllers)
        for parent in parents:
            above = f"{above}/{parent}"
            if not os.path.isdir(above):
                os.makedirs(above, exist_ok=True)
            _prepare(place, above, controllers)
        _replace(directory)
        if place.version == 1 and "cpuset" in controllers:
            _inherit(directory)
    except OSError as error:
        raise from_os(error, f"Cannot make the control group {directory}") from error
    return group


def hand_on(place: Place, name: str, controller: str) -> Group:
    """Let the version 2 group `name` have a controller, made before or not. Raises Unsupported."""
    assert place.base is not None
    parents = name.split("/")[:-1]
    for depth in range(len(parents) + 1):
        _prepare(place, "/".join([place.base, *parents[:depth]]), [controller])
    group = Group(place.version, f"{place.base}/{name}")
    return group if os.path.isdir(group.directory) else make(place, name)


def _replace(directory: str) -> None:
    try:
        os.mkdir(directory, 0o755)
    except FileExistsError:
        try:
            os.rmdir(directory)
        except OSError as error:
            raise InUse(f"The control group {directory} still has processes") from error
        os.mkdir(directory, 0o755)


def _prepare(place: Place, directory: str, controllers: Iterable[str]) -> None:
    """Let the groups below `directory` use the controllers."""
    if place.version == 1:
        if "cpuset" in controllers and directory != place.base:
            _inherit(directory)
        return
    missing = [c for c in controllers if c not in _read(f"{directory}/cgroup.subtree_control").split()]
    if not missing:
        return
    try:
        write(f"{directory}/cgroup.subtree_control", " ".join(f"+{controller}" for controller in missing))
    except EngineError as error:
        raise Unsupported(
            f"Cannot limit {', '.join(missing)} here: {directory} does not hand on its controllers",
            details=error.brief,
            resolution="run as root, or ask systemd to delegate them (Delegate=yes)",
        ) from error


def _inherit(directory: str) -> None:
    """Fill an empty version 1 cpuset from its parent: nobody may enter it before."""
    for file in ("cpuset.cpus", "cpuset.mems"):
        if not _read(f"{directory}/{file}").strip():
            write(f"{directory}/{file}", _read(f"{os.path.dirname(directory)}/{file}").strip())


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()


def remove(directory: str) -> bool:
    """Remove a group and the groups a container made in it; False while members are still there."""
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno not in (errno.EBUSY, errno.ENOTEMPTY):
            raise from_os(error, f"Cannot remove the control group {directory}") from error
        below = [entry.path for entry in os.scandir(directory) if entry.is_dir(follow_symlinks=False)]
        # Nothing below: members are still there, or on their way out.
        return bool(below) and all(remove(path) for path in below) and remove(directory)
    return True
