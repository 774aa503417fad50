"""Making one entry of an archive in an open directory: the node, its owner, mode, attributes and time.

Every call acts on a single name below a directory descriptor and follows no link. A name that is taken
raises FileExistsError and nothing has been read or made by then.
"""

from __future__ import annotations

import errno
import os
import stat

from engine.errors import Corrupt
from engine.kernel import files
from engine.layers.header import BLOCK, CHARACTER, FIFO, Archive, Entry

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {CHARACTER: stat.S_IFCHR, BLOCK: stat.S_IFBLK, FIFO: stat.S_IFIFO}
_CAPABILITY = "security.capability"


def make_file(parent: int, name: bytes, entry: Entry, archive: Archive, *, owners: bool) -> None:
    """Write a regular file, with its holes."""
    here = os.open(name, _CREATE, 0o600, dir_fd=parent)
    try:
        if entry.sparse is None:
            for piece in archive.data():
                written = os.write(here, piece)
                while written < len(piece):
                    written += os.write(here, piece[written:])
        else:
            _write_around_holes(here, entry, archive)
        describe(here, entry, owners=owners)
        os.utime(here, ns=(entry.mtime, entry.mtime))
    finally:
        os.close(here)


def make_symlink(parent: int, name: bytes, entry: Entry, *, owners: bool) -> None:
    """Make a symbolic link; where it leads is nobody's business until it is followed inside a root."""
    os.symlink(entry.link, name, dir_fd=parent)
    if owners:
        os.chown(name, entry.uid, entry.gid, dir_fd=parent, follow_symlinks=False)
    os.utime(name, ns=(entry.mtime, entry.mtime), dir_fd=parent, follow_symlinks=False)


def make_special(parent: int, name: bytes, entry: Entry, *, owners: bool) -> None:
    """Make a device or a named pipe; it is never opened, so no driver and no reader wakes up."""
    os.mknod(name, _KINDS[entry.kind] | 0o600, os.makedev(*entry.device), dir_fd=parent)
    here = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        exact = files.magic_path(here)
        if owners:
            os.chown(exact, entry.uid, entry.gid)
        os.chmod(exact, entry.mode)
        os.utime(exact, ns=(entry.mtime, entry.mtime))
    finally:
        os.close(here)


def make_whiteout(parent: int, name: bytes) -> None:
    """Mark a name as deleted for overlayfs: a device 0:0, which any user may make since Linux 5.8."""
    try:
        os.mknod(name, stat.S_IFCHR, os.makedev(0, 0), dir_fd=parent)
    except FileExistsError:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISCHR(status.st_mode) or status.st_rdev:
            raise Corrupt("the layer both holds and deletes it") from None  # docker refuses it too


def describe(here: int, entry: Entry, *, owners: bool) -> None:
    """Set owner, mode and attributes in this order: chown clears setuid and capabilities."""
    if owners:
        os.fchown(here, entry.uid, entry.gid)
    os.fchmod(here, entry.mode)
    for key, value in entry.xattrs.items():
        if kept(key):
            try:
                os.setxattr(here, key, value)
            except OSError as error:
                if error.errno != errno.ENOTSUP and (owners or error.errno != errno.EPERM):
                    raise


def kept(key: str) -> bool:
    """Tell whether an extended attribute belongs to a layer; overlayfs's own would forge its structure."""
    return key == _CAPABILITY or (key.startswith("user.") and not key.startswith("user.overlay."))


def _write_around_holes(here: int, entry: Entry, archive: Archive) -> None:
    os.ftruncate(here, entry.size)
    parts = iter(entry.sparse or ())
    offset = length = 0
    for piece in archive.data():
        at = 0
        while at < len(piece):
            while not length:
                offset, length = next(parts)
            written = os.pwrite(here, piece[at : at + length], offset)
            at, offset, length = at + written, offset + written, length - written
