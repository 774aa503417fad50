"""Making files, links and devices in a layer that is being written, by descriptor."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable

from engine.build.layer.entries import Row
from engine.kernel import files

_SECOND = 1_000_000_000
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Maker:
    """Make names in the tree behind the descriptor `root`, whose directories are there already.

    Rows tell mode, owner and time. With `owners` false nothing is chowned, for a plain user.
    """

    def __init__(self, root: int, *, owners: bool) -> None:
        self._root = root
        self._owners = owners
        self._me = os.geteuid(), os.getegid()
        self._mask = _umask()
        self._here: tuple[bytes, int] = (b"", -1)

    def file(self, directory: bytes, name: bytes, row: Row, pieces: Iterable[bytes],
             xattrs: dict[str, bytes]) -> None:
        """Write a regular file."""
        mode, uid, gid, mtime = row[:4]
        mode &= 0o7777
        here = os.open(name, _CREATE, mode & 0o777, dir_fd=self._into(directory))
        try:
            for piece in pieces:
                written = os.write(here, piece)
                while written < len(piece):
                    written += os.write(here, piece[written:])
            if self._owners and (uid, gid) != self._me:
                os.fchown(here, uid, gid)
            if mode & 0o777 & ~self._mask != mode:
                os.fchmod(here, mode)
            for key, value in xattrs.items():
                os.setxattr(here, key, value)
            os.utime(here, ns=(mtime * _SECOND, mtime * _SECOND))
        finally:
            os.close(here)

    def move(self, scratch: int, old: bytes, directory: bytes, name: bytes) -> int:
        """Move a file here that is as it shall be; open it."""
        here = self._into(directory)
        os.rename(old, name, src_dir_fd=scratch, dst_dir_fd=here)
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)

    def symlink(self, directory: bytes, name: bytes, row: Row, link: bytes) -> None:
        """Make a symbolic link."""
        _, uid, gid, mtime = row[:4]
        here = self._into(directory)
        os.symlink(link, name, dir_fd=here)
        if self._owners and (uid, gid) != self._me:
            os.chown(name, uid, gid, dir_fd=here, follow_symlinks=False)
        os.utime(name, ns=(mtime * _SECOND, mtime * _SECOND), dir_fd=here, follow_symlinks=False)

    def special(self, directory: bytes, name: bytes, row: Row, device: int) -> None:
        """Make a named pipe or a device; it is never opened, so no driver and no reader wakes up."""
        mode, uid, gid, mtime = row[:4]
        here = self._into(directory)
        os.mknod(name, stat.S_IFMT(mode) | 0o600, device, dir_fd=here)
        exact = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
        try:
            path = files.magic_path(exact)
            if self._owners:
                os.chown(path, uid, gid)
            os.chmod(path, mode & 0o7777)
            os.utime(path, ns=(mtime * _SECOND, mtime * _SECOND))
        finally:
            os.close(exact)

    def hard_link(self, first: bytes, path: bytes) -> None:
        """Give a file another name."""
        os.link(first, path, src_dir_fd=self._root, dst_dir_fd=self._root, follow_symlinks=False)

    def directory(self, path: bytes) -> None:
        """Make a directory, which `describe` will finish."""
        os.mkdir(path, 0o700, dir_fd=self._root)

    def describe(self, path: bytes, mode: int, uid: int, gid: int, mtime: int, xattrs: dict[str, bytes],
                 *, opaque: bool) -> None:
        """Give a directory what filling it would have changed."""
        here = os.open(path or b".", files.DIRECTORY | os.O_NOFOLLOW, dir_fd=self._root)
        try:
            if self._owners:
                os.fchown(here, uid, gid)
            os.fchmod(here, mode)
            for key, value in xattrs.items():
                os.setxattr(here, key, value)
            if opaque:
                _make_opaque(here)
            os.utime(here, ns=(mtime * _SECOND, mtime * _SECOND))
        finally:
            os.close(here)

    def close(self) -> None:
        """Close what is open."""
        if self._here[1] >= 0:
            os.close(self._here[1])
        self._here = (b"", -1)

    def _into(self, directory: bytes) -> int:
        path, here = self._here
        if here < 0 or path != directory:
            self.close()
            here = os.open(directory or b".", files.DIRECTORY | os.O_NOFOLLOW, dir_fd=self._root)
            self._here = (directory, here)
        return here


def _make_opaque(here: int) -> None:
    """Hide what the layers below have: only root of the first user namespace may say it to all of them."""
    try:
        os.setxattr(here, "trusted.overlay.opaque", b"y")
    except OSError as error:
        if error.errno != errno.EPERM:
            raise
        os.setxattr(here, "user.overlay.opaque", b"y")


def _umask() -> int:
    """Read this process's umask without changing it, as umask(2) would for every thread."""
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"Umask:"):
                    return int(line.split()[1], 8)
    except OSError:
        pass
    return 0o777  # then every mode is set by itself
