"""The directories an unpacking writes into: opened once, kept a while, their times set at the end."""

from __future__ import annotations

import errno
import os
import stat
from types import TracebackType
from typing import Self

from engine.kernel import files

_MOST = 128


class Directories:
    """Open directories below a root by their path in the archive.

    Filling a directory changes its time, so the time that each should have is kept with its descriptor and
    set when that is closed. At most 128 are open: memory does not grow with the archive.
    """

    def __init__(self, root: str, *, opaque: str, owners: bool) -> None:
        self.root = os.open(root, files.DIRECTORY)
        self._opaque = opaque
        self._owners = owners
        self._open: dict[bytes, int] = {}
        self._spare: list[int] = []
        self._times: dict[int, tuple[int, int]] = {}
        self._shut: list[tuple[bytes, int]] = []

    def get(self, path: bytes, *, make: bool = True) -> int:
        """Open the directory `path`; with `make`, what is missing of it is made: root's, 0755.

        The descriptor is ours and holds until the next call. Raises OSError: ENOTDIR when the path leads
        through something else, ELOOP when its links go round.
        """
        here = self._open.get(path)
        if here is None:
            self._make_room()
            here = self.keep(path, files.open_directory(self.root, path, self._make if make else None))
        return here

    def pair(self, source: bytes, destination: bytes) -> tuple[int, int]:
        """Open two directories at once; only the second is made if it is missing."""
        self._make_room(2)
        first = self.get(source, make=False)
        return first, self.get(destination)

    def keep(self, path: bytes, here: int, time: int | None = None) -> int:
        """Keep an opened directory; without a `time` in nanoseconds, it keeps the one it has now."""
        if path in self._open:
            self._spare.append(self._open[path])
        self._open[path] = here
        self._remember(here, time)
        return here

    def clear(self, path: bytes, name: bytes) -> tuple[int, os.stat_result | None]:
        """Remove `name` from the directory `path`; give that directory and what the name was.

        Paths that led through it are looked up anew from now on.
        """
        here = self.get(path)
        try:
            status = os.stat(name, dir_fd=here, follow_symlinks=False)
        except FileNotFoundError:
            return here, None
        if stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode):
            here = os.dup(here)
            self._settle()
            self._spare.append(here)
            self._remember(here)
        files.remove(here, name)
        return here, status

    def shut_later(self, path: bytes, mode: int) -> None:
        """Remember a mode that shuts a plain user out of his own directory, for the end."""
        self._shut.append((path, mode))

    def finish(self) -> None:
        """Set what must be set last: the times, and modes that shut."""
        self._settle()
        for path, mode in reversed(self._shut):
            try:
                here = files.open_directory(self.root, path)
            except OSError:
                continue  # a later entry has replaced it
            try:
                os.fchmod(here, mode)
            finally:
                os.close(here)

    def hide_lower(self, here: int) -> None:
        """Mark an open directory so that it does not merge with the layers below."""
        os.setxattr(here, self._opaque, b"y")

    def _remember(self, here: int, time: int | None = None) -> None:
        status = os.fstat(here)
        if time is not None or status.st_ino not in self._times:
            self._times[status.st_ino] = (here, status.st_mtime_ns if time is None else time)

    def _make_room(self, wanted: int = 1) -> None:
        if len(self._open) + len(self._spare) + wanted > _MOST:
            self._settle()

    def _settle(self) -> None:
        """Set the times and close everything; needed before a directory, or a link to one, goes away."""
        for here, time in self._times.values():
            os.utime(here, ns=(time, time))
        self._close()

    def _make(self, parent: int, name: bytes) -> None:
        before = os.fstat(parent).st_mtime_ns
        hidden = False
        try:
            os.mkdir(name, 0o755, dir_fd=parent)
        except FileExistsError:
            if not is_whiteout(os.stat(name, dir_fd=parent, follow_symlinks=False)):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
            os.unlink(name, dir_fd=parent)
            os.mkdir(name, 0o755, dir_fd=parent)
            hidden = True
        here = os.open(name, files.DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            if self._owners:
                os.fchown(here, 0, 0)
            os.fchmod(here, 0o755)
            if hidden:
                self.hide_lower(here)
        finally:
            os.close(here)
        os.utime(parent, ns=(before, before))

    def _close(self) -> None:
        for here in (*self._open.values(), *self._spare):
            os.close(here)
        self._open.clear()
        self._spare.clear()
        self._times.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._close()
        os.close(self.root)


def is_whiteout(status: os.stat_result) -> bool:
    """Tell overlayfs's mark for a deleted name: a character device 0:0."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0
