"""Unpacking an archive into a tree that others use meanwhile, as docker's `cp` does.

Links on the way to a name lead wherever they lead inside the root, as for any program there; the last name of
a path is never followed. A file takes the place of another; a directory and a file never of each other.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from typing import NamedTuple

from engine.errors import HostileArchive, InvalidInput, from_os
from engine.kernel import files
from engine.layers import nodes
from engine.layers.header import DIRECTORY, FILE, HARD_LINK, SYMLINK, Archive, Entry
from engine.layers.names import shown
from engine.layers.source import Source

_LAST_ID = 2**32 - 2
_LONGEST = 4095
_STRAIGHT = files.BENEATH | files.NO_SYMLINKS | files.NO_MAGICLINKS
_BENT = (errno.ELOOP, errno.EXDEV, errno.ENOENT, errno.ENOTDIR, errno.ENOSYS)


class Place(NamedTuple):
    """Where an archive goes."""

    root: int
    """The descriptor of the root in which links are followed."""
    path: bytes
    """The directory below it, absolute there."""


class Owners(NamedTuple):
    """Whose the files become: the archive's owners', one user's, or with `keep` false the caller's."""

    keep: bool = True
    everyone: tuple[int, int] | None = None


def unpack(source: Source, place: Place, owners: Owners = Owners()) -> None:  # noqa: B008 - a value
    """Unpack into an existing directory. What was unpacked before an error stays.

    Raises InvalidInput, Corrupt, HostileArchive, NoSpace, ReadOnly.
    """
    unpacking = _Unpacking(Archive(source), place, owners)
    try:
        unpacking.run()
    finally:
        unpacking.close()
    source.drain()


class _Unpacking:
    def __init__(self, archive: Archive, place: Place, owners: Owners) -> None:
        self._archive = archive
        self._place, self._owners = place, owners
        self._here = files.open_in_root(place.root, place.path, files.DIRECTORY)
        self._parent = b""
        self._open = os.dup(self._here)
        self._times: list[tuple[bytes, int]] = []

    def run(self) -> None:
        for entry in self._archive:
            try:
                self._put(self._owned(entry))
            except OSError as error:
                # Its file name is a descriptor's number.
                raise from_os(
                    OSError(error.errno, error.strerror), f"cannot write {shown(entry.name)}"
                ) from error
        for name, time in reversed(self._times):
            self._date(name, time)

    def close(self) -> None:
        os.close(self._here)
        os.close(self._open)

    def _owned(self, entry: Entry) -> Entry:
        if len(entry.name) > _LONGEST or len(entry.link) > _LONGEST:
            raise HostileArchive(f"a path in the archive is longer than {_LONGEST} bytes")
        if self._owners.everyone:
            entry = entry._replace(uid=self._owners.everyone[0], gid=self._owners.everyone[1])
        if not (0 <= entry.uid <= _LAST_ID and 0 <= entry.gid <= _LAST_ID):
            raise HostileArchive(f"the owner {entry.uid}:{entry.gid} does not exist")
        return entry

    def _put(self, entry: Entry) -> None:
        name = self._inside(entry.name)
        if not name:
            if entry.kind != DIRECTORY:
                raise InvalidInput(self._clash("directory", b".", "non-directory"))
            return
        parent, _, base = name.rpartition(b"/")
        here = self._directory(parent)
        old = _status(here, base)
        if old is not None:
            self._clear(here, base, stat.S_ISDIR(old.st_mode), entry)
        if entry.kind == DIRECTORY:
            self._make_directory(here, base, entry, old is not None)
            self._times.append((name, entry.mtime))
        elif entry.kind == HARD_LINK:
            self._link(here, base, self._inside(entry.link))
        elif entry.kind == FILE:
            nodes.make_file(here, base, entry, self._archive, owners=self._owners.keep)
        elif entry.kind == SYMLINK:
            self._refuse_way_out(name, entry.link)
            nodes.make_symlink(here, base, entry, owners=self._owners.keep)
        else:
            nodes.make_special(here, base, entry, owners=self._owners.keep)

    def _inside(self, name: bytes) -> bytes:
        """Shorten a name; it may climb only as long as it comes back."""
        parts = posixpath.normpath(name.lstrip(b"/") or b".")
        if parts == b".." or parts.startswith(b"../"):
            raise HostileArchive(f'"{shown(name)}" is outside of "{shown(self._place.path)}"')
        if b"\0" in parts:
            raise HostileArchive("a path in the archive holds a NUL byte")
        return b"" if parts == b"." else parts

    def _refuse_way_out(self, name: bytes, link: bytes) -> None:
        """Refuse a relative link that leads out of the place, as docker does."""
        leads = posixpath.normpath(posixpath.dirname(name) + b"/" + link) if link else b"."
        leads = leads.lstrip(b"/")
        if not name.count(b"/"):
            leads = posixpath.normpath(link.lstrip(b"/") or b".")
        if leads == b".." or leads.startswith(b"../"):
            path = posixpath.join(self._place.path, name)
            raise HostileArchive(f'invalid symlink "{shown(path)}" -> "{shown(link)}"')

    def _directory(self, parent: bytes) -> int:
        """Open the directory of a name, making what is missing; it stays open until another is wanted."""
        if parent != self._parent:
            found = self._reach(parent)
            os.close(self._open)
            self._open, self._parent = found, parent
        return self._open

    def _reach(self, parent: bytes) -> int:
        if not parent:
            return os.dup(self._here)
        try:
            return files.openat2(self._here, parent, files.DIRECTORY, resolve=_STRAIGHT)
        except OSError as error:
            if error.errno not in _BENT:
                raise
        path = posixpath.join(self._place.path, parent)
        return files.open_directory(self._place.root, path, _make)

    def _clear(self, here: int, base: bytes, is_directory: bool, entry: Entry) -> None:
        wanted = entry.kind == DIRECTORY
        if is_directory and not wanted:
            raise InvalidInput(self._clash("directory", entry.name, "non-directory"))
        if wanted and not is_directory:
            raise InvalidInput(self._clash("non-directory", entry.name, "directory"))
        if not wanted:
            files.remove(here, base)

    def _clash(self, there: str, name: bytes, new: str) -> str:
        path = posixpath.join(self._place.path, self._inside(name))
        return f'cannot overwrite {there} "{shown(path)}" with {new} "{shown(self._place.path)}"'

    def _make_directory(self, here: int, base: bytes, entry: Entry, exists: bool) -> None:
        if not exists:
            os.mkdir(base, 0o700, dir_fd=here)
        made = os.open(base, files.DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
        try:
            nodes.describe(made, entry, owners=self._owners.keep)
        finally:
            os.close(made)

    def _link(self, here: int, base: bytes, target: bytes) -> None:
        parent, _, original = target.rpartition(b"/")
        there = self._reach(parent)
        try:
            os.link(original, base, src_dir_fd=there, dst_dir_fd=here, follow_symlinks=False)
        finally:
            os.close(there)

    def _date(self, name: bytes, time: int) -> None:
        parent, _, base = name.rpartition(b"/")
        try:
            here = os.open(base, files.DIRECTORY | os.O_NOFOLLOW, dir_fd=self._directory(parent))
        except OSError:
            return  # somebody has put something else there since
        try:
            os.utime(here, ns=(time, time))
        except PermissionError:
            return
        finally:
            os.close(here)


def _status(here: int, base: bytes) -> os.stat_result | None:
    try:
        return os.stat(base, dir_fd=here, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _make(parent: int, name: bytes) -> None:
    os.mkdir(name, 0o755, dir_fd=parent)
