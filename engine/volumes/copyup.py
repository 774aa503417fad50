"""Filling an empty volume with what the image has at its place.

Both sides are reached by descriptor and no link is followed on the way, so that nothing outside of the image
is read and nothing outside of the volume is written, whatever the image holds.
"""

from __future__ import annotations

import errno
import os
import stat

from engine.kernel.files import DIRECTORY, magic_path, open_in_root
from engine.snapshots.duplicate import attributes, describe, duplicate


def place(root: int, path: str) -> int | None:
    """Open what the image has at `path`, links resolved inside of it; None if there is nothing."""
    try:
        return open_in_root(root, os.fsencode(path), os.O_PATH)
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_directory(descriptor: int) -> bool:
    """Tell whether it is one."""
    return stat.S_ISDIR(os.fstat(descriptor).st_mode)


def copy_up(source: int, target: int) -> None:
    """Copy the directory `source` into the empty directory `target`, with all that belongs to it.

    Contents, owners, modes, attributes, times and hard links are kept. Raises OSError.
    """
    links: dict[tuple[int, int], bytes] = {}
    pending, filled = [b"."], []
    while pending:
        path = pending.pop()
        filled.append(path)
        here, there = open_in_root(source, path, DIRECTORY), open_in_root(target, path, DIRECTORY)
        try:
            for name in map(os.fsencode, os.listdir(here)):
                below = path + b"/" + name
                if _copy(here, there, name, target, links.setdefault, below):
                    pending.append(below)
        finally:
            os.close(here)
            os.close(there)
    # Filling a directory changes its times, and its own mode may forbid it.
    for path in reversed(filled):
        _describe_directory(source, target, path)


def describe_like(source: int, target: int) -> None:
    """Give the directory `target` owner, mode, attributes and times of the directory `source`."""
    _describe_directory(source, target, b".")


def _copy(here: int, there: int, name: bytes, target: int, first_of: object, below: bytes) -> bool:
    """Copy one entry; tell whether it is a directory that is still to be filled."""
    assert callable(first_of)
    status = os.stat(name, dir_fd=here, follow_symlinks=False)
    if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
        first = first_of((status.st_dev, status.st_ino), below)
        if first != below:
            os.link(first, name, src_dir_fd=target, dst_dir_fd=there, follow_symlinks=False)
            return False
    origin, copy = f"{magic_path(here)}/{os.fsdecode(name)}", f"{magic_path(there)}/{os.fsdecode(name)}"
    duplicate(origin, status, copy)
    if stat.S_ISDIR(status.st_mode):
        return True
    _describe(origin, status, there, name)
    return False


def _describe(origin: str, status: os.stat_result, directory: int, name: bytes) -> None:
    """Give an entry owner, mode, attributes and times of its origin, whatever others put in its place."""
    times = (status.st_atime_ns, status.st_mtime_ns)
    if stat.S_ISLNK(status.st_mode):
        os.chown(name, status.st_uid, status.st_gid, dir_fd=directory, follow_symlinks=False)
        os.utime(name, ns=times, dir_fd=directory, follow_symlinks=False)
        return
    node = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        if stat.S_IFMT(os.fstat(node).st_mode) != stat.S_IFMT(status.st_mode):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        exact = magic_path(node)
        os.chown(exact, status.st_uid, status.st_gid)
        os.chmod(exact, stat.S_IMODE(status.st_mode))
        for key in attributes(origin):
            os.setxattr(exact, key, os.getxattr(origin, key, follow_symlinks=False))
        os.utime(exact, ns=times)
    finally:
        os.close(node)


def _describe_directory(source: int, target: int, path: bytes) -> None:
    here, there = open_in_root(source, path, DIRECTORY), open_in_root(target, path, DIRECTORY)
    try:
        describe(f"{magic_path(here)}/.", os.fstat(here), f"{magic_path(there)}/.")
    finally:
        os.close(here)
        os.close(there)
