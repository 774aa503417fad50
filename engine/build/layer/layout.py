"""The layer that a COPY writes, laid out before any of it is on disk.

Below the place that the COPY names, what is copied wins as in docker's classic builder: directories merge and
take the newcomer's mode and owner, and whatever else stands in the way is replaced, links included.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from engine.build.context.inputs import Input, Inputs
from engine.build.layer.entries import Row
from engine.build.layer.stack import Found, Stack
from engine.errors import InvalidInput
from engine.layers.names import shown
from engine.snapshots.duplicate import attributes

_LINKS = 40


class Leaf(NamedTuple):
    """What is no directory: an input, and the tree it is copied from or the file it is."""

    input: Input
    inputs: Inputs | None
    scratch: bytes = b""
    """The name of a file in the scratch directory, which is moved."""
    xattrs: dict[str, bytes] | None = None
    """What that file has of attributes."""


class Folder:
    """A directory of the new layer; a place for what it holds."""

    __slots__ = ("entries", "gid", "implied", "mode", "mtime", "opaque", "path", "rows", "uid", "xattrs")

    def __init__(self, path: bytes, mode: int, uid: int, gid: int, mtime: int) -> None:
        self.path = path
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.mtime = mtime
        """Seconds."""
        self.implied = True
        """Nobody copied it; it is only the place of what was copied."""
        self.opaque = False
        """What the layers below have at this place does not shine through."""
        self.xattrs: dict[str, bytes] = {}
        self.entries: dict[bytes, Leaf | Folder] = {}
        self.rows: dict[bytes, Row] = {}
        """What each leaf will be."""


class Layout:
    """A tree of folders and leaves above a stack."""

    def __init__(self, stack: Stack, *, owner: tuple[int, int] = (0, 0), now: int = 0) -> None:
        """`owner` gets the directories that nobody asked for by name; `now`, in seconds, is their time."""
        self._stack = stack
        self._owner = owner
        self._now = now
        self._folders: dict[bytes, Folder] = {}
        self.root = self._keep(Folder(b"", 0o755, 0, 0, now), stack.find(b""))

    def resolve(self, target: bytes) -> bytes:
        """Follow the links that lead to where a COPY goes; raises InvalidInput where no file can be."""
        try:
            return self._stack.resolve(target)
        except OSError as error:
            if error.errno == errno.ENOTDIR:
                raise _no_directory(os.fsencode(error.filename)) from error
            raise InvalidInput(f"cannot copy to /{shown(target)}: {error.strerror}") from error

    def reach(self, base: bytes, way: bytes) -> bytes:
        """Follow the links on a way that begins at `base`, which is their root: docker unpacks in a chroot.

        What is laid out counts before what lies below.
        """
        pending = way.split(b"/")[::-1]
        here = [name for name in base.split(b"/") if name]
        floor = len(here)
        links = 0
        while pending:
            name = pending.pop()
            if name == b"..":
                del here[max(floor, len(here) - 1) :]
            elif name not in (b"", b"."):
                link = self._link(b"/".join(here), name)
                if not link:
                    here.append(name)
                    continue
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                if link.startswith(b"/"):
                    del here[floor:]
                pending.extend(link.split(b"/")[::-1])
        return b"/".join(here)

    def is_directory(self, path: bytes) -> bool:
        """Tell whether a directory stands at a resolved path."""
        found = self._stack.find(path)
        return path in self._folders or (found is not None and found.is_directory)

    def destination(self, path: bytes) -> None:
        """Provide the directory that a COPY goes to; one that is there stays as it is."""
        found = self._stack.find(path)
        if found is None:
            self.folder(path)
        elif not found.is_directory:
            raise _no_directory(path)

    def folder(self, path: bytes) -> Folder:
        """Provide a directory and those above it: as it is below, or a new one of mode 0755."""
        folder = self._folders.get(path)
        if folder is None:
            parent, _, name = path.rpartition(b"/")
            above = self.folder(parent)
            folder = self._keep(Folder(path, 0o755, *self._owner, self._now), self._stack.find(path))
            self._put(above, name, folder)
        return folder

    def add_directory(self, path: bytes, mode: int, uid: int, gid: int, mtime: int) -> None:
        """Place a directory that is copied; `mtime` in seconds."""
        folder = self.folder(path)
        folder.mode, folder.uid, folder.gid, folder.mtime = mode & 0o7777, uid, gid, mtime
        folder.implied = False

    def add(self, path: bytes, leaf: Leaf, row: Row) -> None:
        """Place what is no directory."""
        parent, _, name = path.rpartition(b"/")
        folder = self._folders.get(parent) or self.folder(parent)
        old = folder.entries.get(name)
        folder.entries[name] = leaf
        folder.rows[name] = row
        if isinstance(old, Folder):
            self._forget(old)

    def folders(self) -> Iterable[Folder]:
        """Give all directories, in no order."""
        return self._folders.values()

    def _link(self, parent: bytes, name: bytes) -> bytes:
        folder = self._folders.get(parent)
        entry = folder.entries.get(name) if folder else None
        if entry is not None:
            return entry.input.link if isinstance(entry, Leaf) else b""
        found = self._stack.find(parent + b"/" + name if parent else name)
        return os.readlink(found.path) if found and stat.S_ISLNK(found.status.st_mode) else b""

    def _put(self, above: Folder, name: bytes, folder: Folder) -> None:
        if above.rows.pop(name, None) and self._stack.find(folder.path):
            folder.opaque = True
        above.entries[name] = folder

    def _keep(self, folder: Folder, found: Found | None) -> Folder:
        self._folders[folder.path] = folder
        if found is None:
            return folder
        if not found.is_directory:
            folder.opaque = True
            return folder
        status = found.status
        folder.mode, folder.uid, folder.gid = stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid
        path = os.fsdecode(found.path)
        folder.xattrs = {name: os.getxattr(path, name, follow_symlinks=False) for name in attributes(path)}
        return folder

    def _forget(self, folder: Folder) -> None:
        del self._folders[folder.path]
        for entry in folder.entries.values():
            if isinstance(entry, Folder):
                self._forget(entry)


def _no_directory(path: bytes) -> InvalidInput:
    return InvalidInput(f"cannot copy to /{shown(path)}: it is not a directory")
