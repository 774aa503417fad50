"""A container's files as they are now: through the mounts of its first process, or of its layers at rest."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from engine.containers.files.copying.paths import absolute, last
from engine.containers.state import State
from engine.errors import Conflict, InvalidInput, NotFound, from_os
from engine.kernel import files
from engine.kernel.processes import start_time
from engine.layers.archiving import Enter, Origin

_LINKS = 40
_PATH = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_KERNELS = frozenset(
    (
        b"proc",
        b"sysfs",
        b"cgroup",
        b"cgroup2",
        b"devpts",
        b"mqueue",
        b"bpf",
        b"debugfs",
        b"tracefs",
        b"securityfs",
    )
)
"""File systems whose files are the kernel's words: docker's cp sees none of them."""


class Inside(NamedTuple):
    """The root of one container."""

    root: int
    name: str
    """The container as the user called it."""
    kernels: frozenset[int]
    """Devices of what is mounted there but holds no files of anybody's."""

    def enter(self, start: int) -> Enter:
        """Look into every directory but those of the kernel, unless the copy starts in one."""
        hidden = self.kernels - {start}
        return lambda status: status.st_dev not in hidden


class Found(NamedTuple):
    """What a path in a container names."""

    path: str
    """Absolute; its end still says what it asks for."""
    status: os.stat_result
    target: str
    """Where it leads in the end, if it is a symbolic link."""
    folder: str
    base: str

    @property
    def is_directory(self) -> bool:
        """Tell whether it is a directory itself."""
        return stat.S_ISDIR(self.status.st_mode)


@contextmanager
def of_process(state: State, name: str) -> Iterator[Inside]:
    """Yield the root of a container that runs, with all that is mounted in it."""
    root, kernels = _of_process(state, name)
    try:
        yield Inside(root, name, kernels)
    finally:
        os.close(root)


def _of_process(state: State, name: str) -> tuple[int, frozenset[int]]:
    """Open the root of the container's first process, and never that of another with its number."""
    try:
        process = os.pidfd_open(state.pid)
    except ProcessLookupError:
        raise _ended(name) from None
    try:
        root = os.open(f"/proc/{state.pid}/root", _PATH)
        try:
            kernels = _kernels(state.pid)
            # While the descriptor is open and the process has not ended, its number is nobody else's.
            if start_time(state.pid) != state.ticks:
                raise _ended(name)
        except BaseException:
            os.close(root)
            raise
    except (FileNotFoundError, ProcessLookupError):
        raise _ended(name) from None
    finally:
        os.close(process)
    return root, kernels


def _ended(name: str) -> Conflict:
    return Conflict(f"container {name} ended meanwhile", resolution="try it again")


def _kernels(pid: int) -> frozenset[int]:
    """Read which devices the kernel's own file systems have; proc_pid_mountinfo(5)."""
    found = set()
    with open(f"/proc/{pid}/mountinfo", "rb") as mounts:
        for line in mounts:
            words, _, kind = line.partition(b" - ")
            _, _, device, _, target = words.split(b" ", 5)[:5]
            if kind.partition(b" ")[0] in _KERNELS or target == b"/dev":
                major, _, minor = device.partition(b":")
                found.add(os.makedev(int(major), int(minor)))
    return frozenset(found)


def look(inside: Inside, path: str) -> Found:
    """Find what a path names, without following its last part. Raises NotFound, InvalidInput."""
    if not path:
        raise InvalidInput("bad parameter: path cannot be empty")
    whole = absolute(path)
    folder, _, base = whole.rpartition("/")
    try:
        here = files.open_in_root(inside.root, os.fsencode(folder or "/"), os.O_PATH)
        try:
            status = os.stat(os.fsencode(base or "."), dir_fd=here, follow_symlinks=False)
        finally:
            os.close(here)
    except FileNotFoundError:
        raise NotFound(f"Could not find the file {path} in container {inside.name}") from None
    except NotADirectoryError:
        raise InvalidInput(f"lstat {whole}: not a directory") from None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise from_os(error, f"lstat {whole}") from error
        raise InvalidInput(f"evalSymlinksInScope: too many links in {folder}") from None
    target = followed(inside.root, whole) if stat.S_ISLNK(status.st_mode) else ""
    return Found(whole, status, target, folder or "/", base)


def origin(inside: Inside, found: Found) -> Origin:
    """Open the directory of what was found, for packing it under the name it was asked for by."""
    here = files.open_in_root(inside.root, os.fsencode(found.folder), _PATH)
    return Origin(here, os.fsencode(found.base or "."), os.fsencode(last(found.path)))


def followed(root: int, path: str) -> str:
    """Follow every link in a path as far as it exists; the rest stays as it is written."""
    pending = path.split("/")[::-1]
    trail: list[str] = []
    links = 0
    while pending:
        name = pending.pop()
        if name in ("", "."):
            continue
        if name == "..":
            trail = trail[:-1]
            continue
        link = _link(root, trail, name) if links <= _LINKS else None
        if link is None:
            trail.append(name)
            continue
        links += 1
        trail = [] if link.startswith("/") else trail
        pending += link.split("/")[::-1]
    return "/" + "/".join(trail)


def _link(root: int, trail: list[str], name: str) -> str | None:
    try:
        here = files.open_in_root(root, os.fsencode("/".join(trail) or "/"), _PATH)
    except OSError:
        return None
    try:
        return os.fsdecode(os.readlink(os.fsencode(name), dir_fd=here))
    except OSError:
        return None
    finally:
        os.close(here)
