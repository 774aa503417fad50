"""What mounts need to stand on where an image has nothing: laid in a layer of its own below the writable one.

So nothing of it is ever found among what a program wrote, as nothing is of docker's own init layer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from engine.kernel.files import DIRECTORY, open_in_root, xattrs

_LINKS_FOLLOWED = 40


def lay(root: int, targets: Iterable[tuple[str, bool]], place: str) -> bool:
    """Make below `place` what the tree at `root` lacks of the targets, each (path, whether a directory).

    Directories on the way get the owner, mode, attributes and time they have in the tree. `place` is made
    only if something is lacking; tell whether it was. Raises OSError.
    """
    mirrored: dict[bytes, int] = {}
    for path, directory in targets:
        try:
            os.close(open_in_root(root, os.fsencode(path), os.O_PATH))
        except FileNotFoundError:
            _lay(root, os.fsencode(path), os.fsencode(place), directory, mirrored)
        except OSError:
            # Something stands in the way: mounting will say so.
            continue
    # Filling a directory changed its time.
    for there, time in mirrored.items():
        os.utime(there, ns=(time, time))
    return bool(mirrored)


def _lay(root: int, path: bytes, there: bytes, directory: bool, mirrored: dict[bytes, int]) -> None:
    present, missing = _resolved(root, path)
    here = os.open(".", DIRECTORY, dir_fd=root)
    try:
        _mirror(here, there, mirrored)
        for name in present:
            below = os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here, there = below, there + b"/" + name
            _mirror(here, there, mirrored)
    finally:
        os.close(here)
    for depth, name in enumerate(missing, 1):
        there += b"/" + name
        if os.path.lexists(there):
            continue
        if directory or depth < len(missing):
            os.mkdir(there, 0o755)
        else:
            os.close(os.open(there, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))


def _mirror(here: int, there: bytes, mirrored: dict[bytes, int]) -> None:
    """Make the directory `there` what the one behind `here` is."""
    if there in mirrored:
        return
    status = os.fstat(here)
    os.mkdir(there, 0o700)
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(there, status.st_uid, status.st_gid)
    os.chmod(there, status.st_mode & 0o7777)
    for name, value in xattrs(here).items():
        if not name.startswith(("trusted.", "user.overlay.", "security.selinux")):
            os.setxattr(there, name, value)
    mirrored[there] = status.st_mtime_ns


def _resolved(root: int, path: bytes) -> tuple[list[bytes], list[bytes]]:
    """Part a path into the directories that are there, links resolved, and the names that are not."""
    pending = [name for name in path.split(b"/") if name not in (b"", b".")][::-1]
    trail: list[bytes] = []
    links = 0
    while pending:
        name = pending.pop()
        if name == b"..":
            trail = trail[:-1]
            continue
        here = open_in_root(root, b"/".join(trail), os.O_PATH | os.O_DIRECTORY)
        try:
            link = os.readlink(name, dir_fd=here)
        except FileNotFoundError:
            return trail, [name, *(name for name in pending[::-1] if name != b"..")]
        except OSError:
            trail.append(name)
            continue
        finally:
            os.close(here)
        links += 1
        if links > _LINKS_FOLLOWED:
            return trail, []
        trail = [] if link.startswith(b"/") else trail
        pending.extend([part for part in link.split(b"/") if part not in (b"", b".")][::-1])
    return trail, []
