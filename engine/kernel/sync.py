"""Making writes durable: syncfs(2) and fsync(2) of directories."""

from __future__ import annotations

import os

from engine.kernel.libc import call


def sync_filesystem(path: str) -> None:
    """Write out everything dirty on the file system that holds the directory `path`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        call("syncfs", descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: str) -> None:
    """Make the names inside the directory `path` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(path: str, *, limit: int) -> bool:
    """Write out every file and directory below `path`, if there are at most `limit` of them.

    Tell whether it was done. The names in `path` itself are not made durable.
    """
    pending, found = [path], list[str]()
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif not entry.is_file(follow_symlinks=False):
                    continue
                found.append(entry.path)
                if len(found) > limit:
                    return False
    for name in reversed(found):
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return True
