"""Looking around in a volume's files, a directory at a time.

Every directory is opened from the one above it and no link is followed: whatever those who write to the
volume do meanwhile, nothing outside of it is seen.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from engine.errors import EngineError, NotFound, Unsupported, from_os
from engine.kernel import files
from engine.volumes.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.volumes.volumes import Volumes

_NATURES = {
    stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}  # fmt: skip


class Item(NamedTuple):
    """One name in a directory."""

    name: str
    nature: str
    """directory, file, link, device, pipe or socket."""
    size: int
    """Bytes; of a directory nothing."""
    mode: int
    uid: int
    gid: int
    mtime: float
    link: str = ""
    """Where a link leads."""


class Browser:
    """The files of one volume; paths begin with a slash. Not for two threads at once."""

    def __init__(self, volumes: Volumes, volume: Volume) -> None:
        self._open = ExitStack()
        try:
            root = self._open.enter_context(volumes.opened(volume, f"browser-{os.getpid()}"))
        except OSError as error:
            raise from_os(error, f"cannot look into volume {volume.name}") from error
        if root is None:
            raise Unsupported(
                f"{volume.name} is kept in memory, for each container that runs with it",
                resolution="look into it in such a container",
            )
        self._root = root

    def list(self, path: str) -> Sequence[Item]:
        """Read one directory, names in order. Raises NotFound, NotPermitted."""
        try:
            here = self._directory(path)
            try:
                found = [_item(here, name) for name in sorted(os.listdir(here))]
            finally:
                os.close(here)
        except OSError as error:
            raise _said(error, path) from error
        return [item for item in found if item is not None]

    def read(self, path: str, start: int, count: int) -> bytes:
        """Read a part of a regular file. Raises NotFound, NotPermitted."""
        folder, _, name = path.rpartition("/")
        try:
            here = self._directory(folder)
            try:
                return _read(here, name, start, count)
            finally:
                os.close(here)
        except OSError as error:
            raise _said(error, path) from error

    def close(self) -> None:
        """Let go of it."""
        self._open.close()

    def _directory(self, path: str) -> int:
        here = os.open(".", files.DIRECTORY, dir_fd=self._root)
        for name in filter(None, path.split("/")):
            try:
                below = os.open(name, files.DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            finally:
                os.close(here)
            here = below
        return here


def _item(directory: int, name: str) -> Item | None:
    try:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        nature = _NATURES.get(stat.S_IFMT(status.st_mode), "device")
        link = os.readlink(name, dir_fd=directory) if nature == "link" else ""
    except OSError:
        # It went away, or became something else, meanwhile.
        return None
    return Item(
        name,
        nature,
        0 if nature == "directory" else status.st_size,
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_mtime,
        link,
    )


def _read(directory: int, name: str, start: int, count: int) -> bytes:
    here = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(here).st_mode):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return os.pread(here, count, start)
    finally:
        os.close(here)


def _said(error: OSError, path: str) -> EngineError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO):
        return NotFound(f"{path or '/'} is no file or directory to look into any more")
    return from_os(error, f"cannot look into {path or '/'}")
