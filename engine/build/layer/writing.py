"""Writing a layout to disk and hashing it on the way, in the order of a layer's tar."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from types import TracebackType
from typing import Any, Self

from engine.build.layer.copying import Reader
from engine.build.layer.entries import Directory, Entries, pack
from engine.build.layer.layout import Folder, Layout, Leaf
from engine.build.layer.linking import Linker
from engine.build.layer.making import Maker
from engine.errors import Unsupported, from_os
from engine.kernel import files
from engine.layers.header import BLOCK, CHARACTER, DIRECTORY, FIFO, FILE, HARD_LINK, SYMLINK, Entry
from engine.layers.names import OPAQUE, WHITEOUT, shown
from engine.layers.nodes import kept
from engine.layers.record import header, marker
from engine.layers.source import Digest
from engine.layers.stream import PIECE, Packed, Stream

_LONGEST = 4095
_SECOND = 1_000_000_000
_SPECIAL = {stat.S_IFCHR: CHARACTER, stat.S_IFBLK: BLOCK, stat.S_IFIFO: FIFO}
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Writer:
    """One layout on its way into the directory `upper`.

    `old` is the record of the layer in the directory `previous`; `scratch` holds the files that are moved.
    """

    def __init__(self, layout: Layout, upper: str, *, previous: str = "", old: Entries | None = None,
                 scratch: int = -1, check: Callable[[], None] | None = None) -> None:
        self.entries: Entries = {}
        self._layout = layout
        self._old = old or {}
        self._scratch = scratch
        self._check = check
        self._is_root = os.geteuid() == 0
        self._digest = Digest()
        self._stream = Stream(self._digest)
        self._linker = Linker(previous, self._stream) if old else None
        self._root = os.open(upper, files.DIRECTORY)
        self._maker = Maker(self._root, owners=self._is_root)
        self._reader = Reader()
        self._first: dict[tuple[int, int], bytes] = {}
        self._folders: list[Folder] = []

    def run(self) -> Packed:
        """Write everything; raises EngineError."""
        try:
            self._walk()
            if self._linker:
                self._linker.finish()
                self._copy_again(self._linker)
            for folder in reversed(self._folders):
                self._maker.describe(folder.path, folder.mode, folder.uid, folder.gid, folder.mtime,
                                     folder.xattrs, opaque=folder.opaque)  # fmt: skip
            return self._stream.finish()
        except OSError as error:
            raise from_os(OSError(error.errno, error.strerror), "cannot write the layer") from error

    def _walk(self) -> None:
        pending = [(self._layout.root, self._begin(self._layout.root))]
        while pending:
            folder, names = pending[-1]
            leaves: list[bytes] = []
            below: Folder | None = None
            for name in names:
                entry = folder.entries[name]
                if isinstance(entry, Folder):
                    below = entry
                    break
                leaves.append(name)
            if leaves:
                self._leaves(folder, leaves)
            if below is None:
                pending.pop()
            else:
                pending.append((below, self._begin(below)))

    def _begin(self, folder: Folder) -> Iterator[bytes]:
        """Make a directory and write what the tar says of it; give the names in it, in order."""
        if self._check:
            self._check()
        path = folder.path
        below = tuple(sorted(name for name in folder.entries if name not in folder.rows))
        if path:
            _judge(path, path.rpartition(b"/")[2])
            self._maker.directory(path)
            old = self._old.get(path)
            if folder.implied and old and old.below == below and old.rows.keys() == folder.rows.keys():
                # Nothing came or went: so its time is as it was, and the layer begins as it did.
                folder.mtime = old.mtime
            xattrs = {key: value for key, value in folder.xattrs.items() if kept(key)}
            attributes = folder.mode, folder.uid, folder.gid, folder.mtime
            self._write(path + b"/", DIRECTORY, attributes, xattrs=xattrs)
            if folder.opaque:
                self._stream.write(header(marker(path + b"/" + OPAQUE)))
        self._folders.append(folder)
        self.entries[path] = Directory(folder.mtime, below, pack(folder.rows))
        return iter(sorted(folder.entries))

    def _leaves(self, folder: Folder, names: list[bytes]) -> None:
        """Write leaves that follow each other in one directory."""
        same = self._same(folder)
        start = folder.path + b"/" if folder.path else b""
        for linked, group in groupby(names, same.__contains__):
            if linked and self._linker:
                found = list(group)
                self._linker.link(self._root, folder.path, found)
                self._linker.pass_on(folder, found)
                continue
            for name in group:
                leaf = folder.entries[name]
                assert isinstance(leaf, Leaf)
                self._add(folder, name, start + name, leaf)

    def _same(self, folder: Folder) -> Collection[bytes]:
        """Name the files of a directory that are as they were."""
        old = self._old.get(folder.path)
        if old is None:
            return ()
        if old.packed == self.entries[folder.path].packed:
            return {name for name, row in folder.rows.items() if row[6]}
        rows = old.rows
        return {name for name, row in folder.rows.items() if row[6] and rows.get(name) == row}

    def _add(self, folder: Folder, name: bytes, path: bytes, leaf: Leaf) -> None:
        """Write a leaf that is new, or not as it was."""
        _judge(path, name)
        row, input, maker = folder.rows[name], leaf.input, self._maker
        kind = stat.S_IFMT(row[0])
        if input.hard and kind != stat.S_IFSOCK:
            first = self._first.setdefault((id(leaf.inputs), input.hard), path)
            if first != path:
                maker.hard_link(first, path)
                self._write(path, HARD_LINK, row, link=first)
                return
        if leaf.scratch:
            self._move(folder, name, path, leaf)
        elif kind == stat.S_IFREG:
            self._reader.read(leaf, lambda data, xattrs: self._file(folder, name, path, data, xattrs))
        elif kind == stat.S_IFLNK:
            maker.symlink(folder.path, name, row, input.link)
            self._write(path, SYMLINK, row, link=input.link)
            self._stream.size += len(input.link)
        elif kind in _SPECIAL:
            maker.special(folder.path, name, row, input.device)
            self._write(path, _SPECIAL[kind], row, device=input.device)

    def _file(self, folder: Folder, name: bytes, path: bytes, data: Iterator[bytes],
              xattrs: dict[str, bytes]) -> None:
        row = folder.rows[name]
        if xattrs:
            row = folder.rows[name] = (*row[:6], False)
            self.entries[folder.path] = self.entries[folder.path]._replace(packed=pack(folder.rows))
        self._write(path, FILE, row, size=row[4], xattrs=xattrs)
        self._maker.file(folder.path, name, row, self._heard(data), xattrs)
        self._pad(row[4])
        self._stream.size += row[4]

    def _move(self, folder: Folder, name: bytes, path: bytes, leaf: Leaf) -> None:
        size = leaf.input.size
        self._write(path, FILE, folder.rows[name], size=size, xattrs=leaf.xattrs)
        here = self._maker.move(self._scratch, leaf.scratch, folder.path, name)
        try:
            while piece := os.read(here, PIECE):
                self._stream.write(piece)
        finally:
            os.close(here)
        self._pad(size)
        self._stream.size += size

    def _heard(self, data: Iterator[bytes]) -> Iterator[bytes]:
        for piece in data:
            self._stream.write(piece)
            yield piece

    def _pad(self, size: int) -> None:
        if size % 512:
            self._stream.write(bytes(-size % 512))

    def _copy_again(self, linker: Linker) -> None:
        """Copy what has as many names as a file can have; it is hashed already."""
        for directory, name in linker.left:
            path = directory + b"/" + name if directory else name
            here = os.open(path, _READ, dir_fd=linker.root)
            try:
                data = iter(lambda here=here: os.read(here, PIECE), b"")  # type: ignore[misc]
                self._maker.file(directory, name, self.entries[directory].rows[name], data, {})
            finally:
                os.close(here)

    def _write(self, path: bytes, kind: bytes, row: Sequence[Any], *, link: bytes = b"", size: int = 0,
               device: int = 0, xattrs: dict[str, bytes] | None = None) -> None:
        """Write the header of one entry, as `pack` would find it on disk."""
        mode, uid, gid, mtime = row[:4]
        if not self._is_root:
            uid, gid = os.geteuid(), os.getegid()
        numbers = (os.major(device), os.minor(device)) if kind in (CHARACTER, BLOCK) else (0, 0)
        mode, mtime, xattrs = mode & 0o7777, mtime * _SECOND, xattrs or {}
        entry = Entry(path, kind, link, mode, uid, gid, mtime, size, size, numbers, xattrs, None)
        self._stream.write(header(entry))

    def __enter__(self) -> Self:
        self._digest.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._digest.__exit__(kind, error, trace)
        self._reader.close()
        self._maker.close()
        if self._linker:
            self._linker.close()
        os.close(self._root)


def _judge(path: bytes, name: bytes) -> None:
    """Refuse what a layer cannot say."""
    if name.startswith(WHITEOUT):
        raise Unsupported(f"a layer cannot hold {shown(path)}: its name would delete another file")
    if len(path) > _LONGEST:
        raise Unsupported(f"{shown(path)} lies too deep for a layer: {_LONGEST} bytes at most")
