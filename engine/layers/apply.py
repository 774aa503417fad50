"""Unpacking a layer: from an untrusted tar stream to a directory that can be a lowerdir of overlayfs.

The archive is judged name by name and nothing in it can reach outside the directory: parents are resolved
by the kernel inside the root, the last component is never followed, and what a name meant before is removed
before it means something else. Whiteouts become overlayfs's marks (image-spec layer.md, "Whiteouts").
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import BinaryIO, Literal, NamedTuple

from engine.errors import Corrupt, EngineError, HostileArchive, from_os
from engine.kernel import files
from engine.layers import nodes
from engine.layers.directories import Directories, is_whiteout
from engine.layers.header import BLOCK, CHARACTER, DIRECTORY, FILE, HARD_LINK, SYMLINK, Archive, Entry
from engine.layers.names import OPAQUE, WHITEOUT, shown, split
from engine.layers.source import Digest, Source

Whiteouts = Literal["trusted", "user"]
"""Whose attribute marks an opaque directory: trusted.overlay.opaque for root, user.overlay.opaque for a mount
in a user namespace (option `userxattr`). A deleted name is a character device 0:0 for both."""

_OPAQUE = {"trusted": "trusted.overlay.opaque", "user": "user.overlay.opaque"}
_LAST_ID = 2**32 - 2
_FORWARD = 100_000
_HOSTILE = {errno.ENAMETOOLONG, errno.ELOOP}
_MALFORMED = {errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.EINVAL, errno.EXDEV, errno.EMLINK,
              errno.EEXIST, errno.ERANGE, errno.E2BIG}


class Limits(NamedTuple):
    """What an archive may cost before it is refused as hostile."""

    entries: int = 5_000_000
    size: int = 256 << 30
    """Bytes of the stream, and bytes of all files once their holes are counted."""
    name: int = 4095
    """Bytes of one path: Linux opens none that is longer."""


class Applied(NamedTuple):
    """What was unpacked."""

    diff_id: str
    """Digest of the whole stream with its trailer."""
    size: int
    """Bytes of files and links as docker counts a layer: each inode once, directories not at all."""
    entries: int


DEFAULT = Limits()


def apply(tar: BinaryIO, root: str, *, limits: Limits = DEFAULT, whiteouts: Whiteouts = "trusted",
          owners: bool = True, plain: bool = False,
          progress: Callable[[int], None] | None = None) -> Applied:
    """Unpack an uncompressed layer into the directory `root`.

    `progress` hears the bytes read so far and may raise to stop. With `owners` false nothing is chowned, for
    a plain user; device nodes are then left out, as they are with `whiteouts="user"` where the kernel
    refuses them. With `plain` the archive is no layer: names that would mark a deletion are only names. What
    was unpacked before an error stays: the caller discards `root`.

    Raises Corrupt, HostileArchive, NoSpace, ReadOnly, NotPermitted.
    """
    opaque = _OPAQUE[whiteouts]
    with Digest(progress) as digest, Directories(root, opaque=opaque, owners=owners) as directories:
        source = Source(tar, digest.update, limits.size)
        unpacking = _Unpacking(Archive(source), directories, limits, owners)
        unpacking.devices = owners and whiteouts == "trusted"
        unpacking.plain = plain
        unpacking.run()
        source.drain()
        return Applied(digest.finish(), unpacking.size, unpacking.entries)


class _Unpacking:
    def __init__(self, archive: Archive, directories: Directories, limits: Limits, owners: bool) -> None:
        self._archive = archive
        self._directories = directories
        self._limits = limits
        self._owners = owners
        self._forward: list[tuple[bytes, bytes]] = []
        self._total = 0
        self.devices = True
        self.plain = False
        self.size = 0
        self.entries = 0

    def run(self) -> None:
        for entry in self._archive:
            try:
                self._admit(entry)
                self._place(entry)
            except (OSError, ValueError, EngineError) as error:
                raise _named(error, entry.name) from error
        for name, target in self._forward:
            try:
                self._link(name, target, last=True)
            except (OSError, EngineError) as error:
                raise _named(error, name) from error
        try:
            self._directories.finish()
        except OSError as error:
            raise from_os(error, "cannot finish unpacking the layer") from error

    def _admit(self, entry: Entry) -> None:
        self.entries += 1
        if self.entries > self._limits.entries:
            raise HostileArchive(f"the archive has more than {self._limits.entries} entries")
        if len(entry.name) > self._limits.name or len(entry.link) > self._limits.name:
            raise HostileArchive(f"a path is longer than {self._limits.name} bytes")
        if not (0 <= entry.uid <= _LAST_ID and 0 <= entry.gid <= _LAST_ID):
            raise HostileArchive(f"the owner {entry.uid}:{entry.gid} does not exist")
        self._total += entry.size
        if self._total > self._limits.size:
            raise HostileArchive(f"the archive's files exceed {self._limits.size} bytes")

    def _place(self, entry: Entry) -> None:
        parent, name = split(entry.name)
        marked = not self.plain and (name.startswith(WHITEOUT) or WHITEOUT in parent)
        if marked and self._hide(parent, name):
            return
        kind = entry.kind
        if kind == DIRECTORY:
            self._directory(parent, name, entry)
            return
        if not name:
            raise HostileArchive("the root of a layer must be a directory")
        if kind == HARD_LINK:
            self._link(entry.name, entry.link)
            return
        here = self._directories.get(parent)
        try:
            self._make(here, name, entry)
        except FileExistsError:
            here, old = self._directories.clear(parent, name)
            self._discount(old)
            self._make(here, name, entry)
        if kind in (FILE, SYMLINK):
            self.size += entry.size if kind == FILE else len(entry.link)

    def _make(self, here: int, name: bytes, entry: Entry) -> None:
        if entry.kind == FILE:
            nodes.make_file(here, name, entry, self._archive, owners=self._owners)
        elif entry.kind == SYMLINK:
            nodes.make_symlink(here, name, entry, owners=self._owners)
        else:
            try:
                nodes.make_special(here, name, entry, owners=self._owners)
            except PermissionError:
                if self.devices or entry.kind not in (CHARACTER, BLOCK):
                    raise

    def _directory(self, parent: bytes, name: bytes, entry: Entry) -> None:
        path = b"/".join((parent, name)) if parent else name
        if not name:
            here = os.open(b".", files.DIRECTORY, dir_fd=self._directories.root)
        else:
            here = self._open_directory(parent, name)
        mode = entry.mode
        if not self._owners and mode & 0o700 != 0o700:
            self._directories.shut_later(path, mode)
            entry = entry._replace(mode=mode | 0o700)
        try:
            nodes.describe(here, entry, owners=self._owners)
        except BaseException:
            os.close(here)
            raise
        self._directories.keep(path, here, entry.mtime)

    def _open_directory(self, parent: bytes, name: bytes) -> int:
        here = self._directories.get(parent)
        hidden = False
        try:
            os.mkdir(name, 0o700, dir_fd=here)
        except FileExistsError:
            old: os.stat_result | None = os.stat(name, dir_fd=here, follow_symlinks=False)
            if old is None or not stat.S_ISDIR(old.st_mode):
                here, old = self._directories.clear(parent, name)
                self._discount(old)
                hidden = old is not None and is_whiteout(old)
                os.mkdir(name, 0o700, dir_fd=here)
        made = os.open(name, files.DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
        if hidden:
            self._directories.hide_lower(made)
        return made

    def _hide(self, parent: bytes, name: bytes) -> bool:
        """Obey a whiteout; tell whether the entry is done with."""
        if parent.startswith(WHITEOUT + WHITEOUT):
            return True  # the housekeeping of aufs, which docker passes over too
        if b"/" + WHITEOUT in b"/" + parent:
            raise HostileArchive("it lies below a name that marks a deletion")
        if not name.startswith(WHITEOUT):
            return False
        hidden = name[len(WHITEOUT) :]
        if name == OPAQUE:
            self._directories.hide_lower(self._directories.get(parent))
        elif hidden in (b"", b".", b".."):
            raise HostileArchive("it deletes a name that no file can have")
        elif not hidden.startswith(WHITEOUT):
            nodes.make_whiteout(self._directories.get(parent), hidden)
        return True

    def _link(self, name: bytes, target: bytes, *, last: bool = False) -> None:
        """Make a hard link; one to a name that comes later in the archive is made at the end."""
        (parent, base), (source, original) = split(name), split(target)
        if not original:
            raise HostileArchive("it is a hard link to the root")
        try:
            there, here = self._directories.pair(source, parent)
            found = os.stat(original, dir_fd=there, follow_symlinks=False)
        except FileNotFoundError:
            if last or len(self._forward) >= _FORWARD:
                raise Corrupt(f"it is a hard link to {shown(target)}, which is not there") from None
            self._forward.append((name, target))
            return
        if stat.S_ISDIR(found.st_mode):
            raise Corrupt(f"it is a hard link to {shown(target)}, which is a directory")
        try:
            os.link(original, base, src_dir_fd=there, dst_dir_fd=here, follow_symlinks=False)
        except FileExistsError:
            old = os.stat(base, dir_fd=here, follow_symlinks=False)
            if (old.st_dev, old.st_ino) == (found.st_dev, found.st_ino):
                return
            self._discount(self._directories.clear(parent, base)[1])
            there, here = self._directories.pair(source, parent)
            os.link(original, base, src_dir_fd=there, dst_dir_fd=here, follow_symlinks=False)

    def _discount(self, old: os.stat_result | None) -> None:
        if old is not None and old.st_nlink == 1 and stat.S_IFMT(old.st_mode) in (stat.S_IFREG, stat.S_IFLNK):
            self.size -= old.st_size


def _named(error: Exception, name: bytes) -> EngineError:
    """Say which entry an error is about."""
    doing = f"cannot unpack {shown(name)}"
    if isinstance(error, EngineError):
        return type(error)(f"{doing}: {error.brief}", details=error.details, resolution=error.resolution)
    if isinstance(error, OSError):
        sentence = f"{doing}: {(error.strerror or str(error)).lower()}"
        if error.errno in _HOSTILE:
            return HostileArchive(sentence)
        if error.errno in _MALFORMED:
            return Corrupt(sentence)
        return from_os(OSError(error.errno, error.strerror), doing)  # its file name is a descriptor's number
    return Corrupt(f"{doing}: {error}")
