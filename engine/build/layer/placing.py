"""What COPY, ADD and WORKDIR write: straight into the directory that becomes the layer, through no mount.

Where a path leads is worked out in the layers below and in what is laid out already; on disk nothing is
followed. What is written is hashed on its way. A COPY that was done before lends its files: those that are
still the same become hard links, and only their bytes are read.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from engine.build.context.inputs import Input, Selection
from engine.build.layer import entries, modes, owners
from engine.build.layer.copying import Reader
from engine.build.layer.entries import Directory, Entries, Row
from engine.build.layer.layout import Layout, Leaf
from engine.build.layer.linking import Lost
from engine.build.layer.stack import Stack
from engine.build.layer.writing import Writer
from engine.kernel import files
from engine.layers.stream import Packed

Check = Callable[[], None]
"""Called often; raises to stop."""

_SECOND = 1_000_000_000
_ARCHIVES = b"\0"
"""The place of the archives in a record, where no directory can be."""


class Source(NamedTuple):
    """Something to copy from, and whether a file in it that is an archive is unpacked instead."""

    selection: Selection
    unpack: bool = False


class Placing:
    """One COPY or ADD above a stack of layers, topmost first.

    `target` is the absolute path it copies to, with a slash at its end if one was written. `chown` and
    `chmod` are as written, empty for none; without `chown` the owner is root, or whoever the input's is if
    `keep_owner`. `now` is the time, in seconds, of directories that come into being.
    """

    def __init__(
        self, sources: Sequence[Source], target: bytes, lowers: Sequence[str], *,
        chown: str = "", chmod: str = "", keep_owner: bool = False, now: int | None = None,
    ) -> None:  # fmt: skip
        self._sources = sources
        self._target = target
        self._lowers = lowers
        self._stack = Stack(lowers)
        self._chown = owners.owner(chown, self._stack) if chown else None
        self._chmod = modes.change(chmod) if chmod else None
        self._keep_owner = keep_owner
        self._now = int(time.time()) if now is None else now
        self._attributes: dict[tuple[int, int, int], tuple[int, int, int]] = {}
        self._layout: Layout | None = None
        self._archives: list[tuple[Leaf, bytes]] = []
        """What is unpacked, and into which directory."""

    def changed(self, previous: str) -> list[bytes]:
        """Name what is not as it was when the layer in the directory `previous` was written, by target."""
        old, layout = entries.load(previous), self._laid_out()
        if self._archives or _ARCHIVES in old:
            return _differences(old.get(_ARCHIVES), self._archived()[_ARCHIVES].rows)
        new = {folder.path: folder.rows for folder in layout.folders()}
        return [
            directory + b"/" + name if directory else name
            for directory in sorted(new.keys() | old.keys())
            for name in _differences(old.get(directory), new.get(directory, {}))
        ]

    def write(self, upper: str, *, previous: str = "", check: Check | None = None) -> Packed:
        """Write the layer into the empty directory `upper`, and beside it a record for the next time.

        Raises InvalidInput, Conflict if an input changes meanwhile, NoSpace, Unsupported.
        """
        layout = self._laid_out()
        old = entries.load(previous) if previous else {}
        if self._archives:
            return self._write_unpacked(layout, upper, check)
        try:
            with Writer(layout, upper, previous=previous, old=old, check=check) as writer:
                packed = writer.run()
        except Lost:
            _empty(upper)
            with Writer(layout, upper, check=check) as writer:
                packed = writer.run()
        entries.save(upper, writer.entries)
        return packed

    def _write_unpacked(self, layout: Layout, upper: str, check: Check | None) -> Packed:
        from engine.build.layer.unpacking import Unpacking

        unpacking = Unpacking(layout, f"{upper}.unpacked")
        try:
            reader = Reader()
            for leaf, base in self._archives:
                with reader.opened(leaf) as file:
                    unpacking.unpack(leaf.input.path, file, base)
            with Writer(layout, upper, scratch=unpacking.scratch, check=check) as writer:
                packed = writer.run()
        finally:
            unpacking.close()
        entries.save(upper, self._archived())
        return packed

    def _archived(self) -> Entries:
        """Record the archives themselves: nothing that was unpacked is linked to."""
        rows = {leaf.input.path: self._row(leaf.input) for leaf, _ in self._archives}
        return {_ARCHIVES: Directory(0, (), entries.pack(rows))}

    def _laid_out(self) -> Layout:
        if self._layout is None:
            self._layout = Layout(self._stack, owner=self._chown or (0, 0), now=self._now)
            for source in self._sources:
                self._lay(self._layout, source)
        return self._layout

    def _lay(self, layout: Layout, source: Source) -> None:
        selection = source.selection
        written = self._target.strip(b"/")
        base = layout.resolve(written)
        cut, alone = len(written), selection.name
        folders: set[bytes] = set()
        for item in selection.items:
            input, below = item.input, item.target[cut:]
            path = base + below if base else below.lstrip(b"/")
            if stat.S_ISDIR(input.mode):
                folders.add(input.path)
                if below:
                    mode, uid, gid = self._described(input)
                    layout.add_directory(path, mode, uid, gid, input.mtime_ns // _SECOND)
                else:
                    layout.destination(path)
                continue
            leaf = Leaf(input, selection.inputs)
            if source.unpack and input.path.rpartition(b"/")[0] not in folders and _is_archive(leaf):
                self._archives.append((leaf, base))
                continue
            if not below and alone and layout.is_directory(base):
                path = base + b"/" + alone if base else alone
            layout.add(path, leaf, self._row(input))

    def _row(self, input: Input) -> Row:
        mode, uid, gid = self._described(input)
        text = os.fsdecode(input.link) if input.link else input.digest
        return mode, uid, gid, input.mtime_ns // _SECOND, input.size, text, _is_single(input)

    def _described(self, input: Input) -> tuple[int, int, int]:
        """Tell mode and owner as they will be."""
        key = input.mode, input.uid, input.gid
        known = self._attributes.get(key)
        if known is None:
            mode, uid, gid = key
            if self._chmod and not stat.S_ISLNK(mode):
                mode = stat.S_IFMT(mode) | self._chmod(mode)
            if self._chown or not self._keep_owner:
                uid, gid = self._chown or (0, 0)
            known = self._attributes[key] = (mode, uid, gid)
        return known


def _empty(directory: str) -> None:
    here = os.open(directory, files.DIRECTORY)
    try:
        for name in os.listdir(here):
            files.remove(here, os.fsencode(name))
    finally:
        os.close(here)


def _is_archive(leaf: Leaf) -> bool:
    from engine.build.layer.unpacking import is_archive

    if not stat.S_ISREG(leaf.input.mode):
        return False
    with Reader().opened(leaf) as file:
        return is_archive(file)


def _is_single(input: Input) -> bool:
    """Tell whether a later layer may link to it: only to content that is known, under its only name."""
    return bool(input.digest) and not input.hard and stat.S_ISREG(input.mode)


def _differences(old: Directory | None, new: Mapping[bytes, Row]) -> list[bytes]:
    """Compare what a directory holds with what it would hold, but for times."""
    if old and old.packed == entries.pack(dict(new)):
        return []
    before = old.rows if old else {}
    return [
        name for name in sorted(before.keys() | new.keys())
        if name not in before or name not in new or _timeless(before[name]) != _timeless(new[name])
    ]  # fmt: skip


def _timeless(row: Row) -> tuple[object, ...]:
    return (*row[:3], *row[4:6])


def make_directory(path: bytes, upper: str, lowers: Sequence[str], uid: int = 0, gid: int = 0, *,
                   now: int | None = None) -> Packed | None:
    """Write a WORKDIR's layer: the directory with those above it, mode 0755, as far as they are missing.

    Links in `path` are followed inside the tree. None says that nothing was missing.
    Raises InvalidInput where something else stands in the way.
    """
    layout = Layout(Stack(lowers), owner=(uid, gid), now=int(time.time()) if now is None else now)
    place = layout.resolve(path.strip(b"/"))
    layout.destination(place)
    if not layout.root.entries:
        return None
    with Writer(layout, upper) as writer:
        return writer.run()
