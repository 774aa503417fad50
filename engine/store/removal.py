"""Deleting a tree whatever is in it: odd modes, any depth, another process deleting it too."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEPTH = 64
"""A directory deeper than this is first moved to the top, lest descriptors or the stack run out."""
_GONE = (errno.ENOENT, errno.ESTALE)


def remove_tree(path: str) -> None:
    """Delete `path` and everything in it, without following a link or leaving its file system.

    What is already gone is fine. Raises OSError for what cannot be deleted.
    """
    try:
        os.unlink(path)
        return
    except IsADirectoryError:
        pass
    except FileNotFoundError:
        return
    while not _remove_directory(path):
        # Another process that deletes the same tree has just moved a deep directory up.
        continue


def _remove_directory(path: str) -> bool:
    try:
        top = _enter(path, None)
        try:
            _Removal(top).empty(top, 0)
        finally:
            os.close(top)
        os.rmdir(path)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        if error.errno not in _GONE:
            raise
    return True


class _Removal:
    """One walk below one top directory."""

    def __init__(self, top: int) -> None:
        self.top = top
        self.device = os.fstat(top).st_dev
        self.hoisted = 0

    def empty(self, directory: int, depth: int) -> None:
        """Delete everything in the open directory."""
        while True:
            seen = False
            with os.scandir(directory) as entries:
                for entry in entries:
                    seen = True
                    if entry.is_dir(follow_symlinks=False):
                        self.remove_directory(directory, entry.name, depth)
                    else:
                        _insist(os.unlink, entry.name, directory)
            if not seen:
                return
            # Deleting while reading may hide entries on some file systems: read again until nothing comes.

    def remove_directory(self, parent: int, name: str, depth: int) -> None:
        """Delete the directory `name` in `parent`, or move it up if it is too deep."""
        if depth >= _DEPTH:
            self.hoist(parent, name)
            return
        try:
            directory = _enter(name, parent)
        except OSError as error:
            if error.errno in _GONE:
                return
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                _insist(os.unlink, name, parent)
                return
            raise
        try:
            if os.fstat(directory).st_dev != self.device:
                raise OSError(errno.EBUSY, "another file system is mounted here", name)
            self.empty(directory, depth + 1)
        finally:
            os.close(directory)
        _insist(os.rmdir, name, parent)

    def hoist(self, parent: int, name: str) -> None:
        """Move a deep directory to the top, where this walk or its next round meets it."""
        # A moved directory's ".." changes, which takes the right to write to it.
        _insist(_allow, name, parent)
        os.fchmod(parent, 0o700)
        while True:
            self.hoisted += 1
            try:
                os.rename(name, f".{os.getpid()}.{self.hoisted}", src_dir_fd=parent, dst_dir_fd=self.top)
            except OSError as error:
                if error.errno in _GONE:
                    return
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
            else:
                return


def _enter(name: str, parent: int | None) -> int:
    """Open a directory, giving ourselves the right to if its mode does not."""
    try:
        return os.open(name, _DIRECTORY, dir_fd=parent)
    except PermissionError:
        _allow(name, dir_fd=parent)
        return os.open(name, _DIRECTORY, dir_fd=parent)


def _allow(name: str, *, dir_fd: int | None) -> None:
    # Through a path-only descriptor, because chmod by name would follow a link put there meanwhile.
    descriptor = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        os.chmod(f"/proc/self/fd/{descriptor}", 0o700)
    finally:
        os.close(descriptor)


def _insist(action: Callable[..., None], name: str, parent: int) -> None:
    """Do it, if need be after making the parent writable."""
    try:
        _ignoring_gone(action, name, dir_fd=parent)
    except PermissionError:
        os.fchmod(parent, 0o700)
        _ignoring_gone(action, name, dir_fd=parent)


def _ignoring_gone(action: Callable[..., None], name: str, **where: int) -> None:
    try:
        action(name, **where)
    except OSError as error:
        if error.errno not in _GONE:
            raise
