"""Unpacking the archives that ADD finds: each file once into a scratch directory, from where it is moved.

An archive is one by its content, through at most one compression. What is in it is judged as a layer's tar
is, but means what it says: a name that would mark a deletion is refused later, when the layer is written.
"""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from engine.build.context.inputs import Input
from engine.build.layer.layout import Layout, Leaf
from engine.errors import Corrupt, EngineError, HostileArchive, from_os
from engine.layers import nodes
from engine.layers.apply import DEFAULT
from engine.layers.compression import decompressed
from engine.layers.header import BLOCK, CHARACTER, DIRECTORY, FIFO, FILE, HARD_LINK, SYMLINK, Archive, Entry
from engine.layers.names import shown, split
from engine.layers.source import Source

_SECOND = 1_000_000_000
_LAST_ID = 2**32 - 2
_CAPABILITY = "security.capability"
_KINDS = {FILE: stat.S_IFREG, SYMLINK: stat.S_IFLNK, CHARACTER: stat.S_IFCHR, BLOCK: stat.S_IFBLK,
          FIFO: stat.S_IFIFO}  # fmt: skip


def is_archive(stream: BinaryIO) -> bool:
    """Tell whether a file begins as a tar with something in it, perhaps compressed."""
    try:
        return next(iter(Archive(Source(decompressed(stream), most=64 << 20))), None) is not None
    except EngineError:
        return False


class Unpacking:
    """Archives on their way into a layout; `scratch` is a new directory on the layer's file system."""

    def __init__(self, layout: Layout, scratch: str) -> None:
        self._layout = layout
        self._owners = os.geteuid() == 0
        os.mkdir(scratch, 0o700)
        self.scratch = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._count = 0
        self._total = 0

    def unpack(self, name: bytes, stream: BinaryIO, base: bytes) -> None:
        """Unpack the archive called `name` below the directory `base`.

        Raises Corrupt, HostileArchive, NoSpace.
        """
        known: dict[bytes, tuple[bytes, Leaf]] = {}
        archive = Archive(Source(decompressed(stream), most=DEFAULT.size))
        try:
            self._layout.destination(base)
            for entry in archive:
                self._admit(entry)
                self._place(entry, archive, base, known)
        except OSError as error:
            raise from_os(OSError(error.errno, error.strerror), f"cannot unpack {shown(name)}") from error
        except EngineError as error:
            raise type(error)(f"cannot unpack {shown(name)}: {error.brief}", details=error.details,
                              resolution=error.resolution) from error  # fmt: skip

    def close(self) -> None:
        """Let the scratch directory go; what was not moved out of it goes with the layer's."""
        os.close(self.scratch)

    def _admit(self, entry: Entry) -> None:
        self._count += 1
        self._total += entry.size
        if self._count > DEFAULT.entries or self._total > DEFAULT.size:
            raise HostileArchive(f"more than {DEFAULT.entries} entries or {DEFAULT.size} bytes")
        if len(entry.name) > DEFAULT.name or len(entry.link) > DEFAULT.name:
            raise HostileArchive(f"a path is longer than {DEFAULT.name} bytes")
        if not (0 <= entry.uid <= _LAST_ID and 0 <= entry.gid <= _LAST_ID):
            raise HostileArchive(f"the owner {entry.uid}:{entry.gid} does not exist")

    def _place(self, entry: Entry, archive: Archive, base: bytes,
               known: dict[bytes, tuple[bytes, Leaf]]) -> None:
        parent, name = split(entry.name)
        if not name:
            return  # the archive's own root: the directory it is unpacked into stays as it is
        above = self._layout.reach(base, parent)
        path = above + b"/" + name if above else name
        if entry.kind == DIRECTORY:
            self._layout.add_directory(path, entry.mode, entry.uid, entry.gid, entry.mtime // _SECOND)
            return
        inside = parent + b"/" + name if parent else name
        if entry.kind == HARD_LINK:
            leaf = self._again(entry.link, known)
        elif entry.kind in (CHARACTER, BLOCK) and not self._owners:
            return
        else:
            leaf = self._leaf(entry, archive)
        known[inside] = path, leaf
        self._put(path, leaf)

    def _leaf(self, entry: Entry, archive: Archive) -> Leaf:
        scratch = b""
        kept = {key: value for key, value in entry.xattrs.items() if key == _CAPABILITY}
        if entry.kind == FILE:
            scratch = b"%d" % self._count
            entry = entry._replace(mtime=entry.mtime // _SECOND * _SECOND, xattrs=kept)
            nodes.make_file(self.scratch, scratch, entry, archive, owners=self._owners)
        mode = _KINDS[entry.kind] | (0o777 if entry.kind == SYMLINK else entry.mode)
        link = entry.link if entry.kind == SYMLINK else b""
        device = os.makedev(*entry.device) if entry.kind in (CHARACTER, BLOCK) else 0
        input = Input(entry.name, mode, entry.uid, entry.gid, entry.size, entry.mtime, device, link, "", 0)
        return Leaf(input, None, scratch, kept if entry.kind == FILE else None)

    def _again(self, target: bytes, known: dict[bytes, tuple[bytes, Leaf]]) -> Leaf:
        """Find what a hard link names, and let both names share a number."""
        parent, name = split(target)
        inside = parent + b"/" + name if parent else name
        if inside not in known:
            raise Corrupt(f"there is a hard link to {shown(target)}, which does not come before it")
        path, leaf = known[inside]
        if not leaf.input.hard:
            leaf = leaf._replace(input=leaf.input._replace(hard=self._count))
            known[inside] = path, leaf
            self._put(path, leaf)
        return leaf

    def _put(self, path: bytes, leaf: Leaf) -> None:
        input = leaf.input
        text = os.fsdecode(input.link)
        row = (input.mode, input.uid, input.gid, input.mtime_ns // _SECOND, input.size, text, False)
        self._layout.add(path, leaf, row)
