"""A directory as a tree of inputs: read again only where it changed."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator

from engine.build.context import memo
from engine.build.context.content import read
from engine.build.context.folder import DEVICE, GROUP, MODE, OWNER, UNKNOWN, Filter, Folder
from engine.build.context.inputs import Input
from engine.build.context.memo import pack
from engine.build.context.scanned import GONE, Scanned
from engine.errors import NotFound
from engine.kernel import files


class Tree(Scanned):
    """The inputs below an open directory; with `owners` they count in digests."""

    def __init__(self, root: int, name: str, *, place: str = "", rules: str = "", keep: Filter | None = None,
                 owners: bool = False) -> None:
        super().__init__(root, name, place=place, rules=rules, keep=keep)
        self._owners = owners
        self._reading = threading.Lock()

    def walk(self, path: bytes) -> Iterator[Input]:
        """Go through `path` itself and all below it, parents first, by name, with digests."""
        found = self._place_of(path)
        if found is not None:
            self._read(found[0], found[1])
        start = self.find(path)
        if start is None:
            return
        yield start
        pending = [self._children(path)] if stat.S_ISDIR(start.mode) else []
        while pending:
            entry = next(pending[-1], None)
            if entry is None:
                pending.pop()
                continue
            yield entry
            if stat.S_ISDIR(entry.mode):
                pending.append(self._children(entry.path))

    def digest(self, path: bytes) -> str:
        """Digest what stands at `path` with all below it; raises NotFound."""
        from hashlib import sha256

        start = self.find(path)
        if start is None:
            raise NotFound(f"stat {os.fsdecode(path)}: file does not exist")
        if stat.S_ISDIR(start.mode):
            line = b"%o %s" % (start.mode, self._fold(path)) + self._owner(start.uid, start.gid)
        else:
            found = self._place_of(path)
            assert found
            self._read(*found)
            line = self._line(found[0], found[1], b"")
        return sha256(line).hexdigest()

    def close(self) -> None:
        """Remember what was read, and close the root."""
        self._dismiss()
        self.save()
        os.close(self.root)

    def save(self) -> None:
        """Remember what was learnt for the next build."""
        folders = self._folders
        if self._place and any(folder.fresh for folder in folders.values()):
            memory = {} if self._whole else dict(self._memory)
            good = self._good()
            for path, folder in folders.items():
                memory[path] = folder.remembered(self._since, folder.tree if path in good else b"")
            memo.save(self._place, self.rules, memory)

    def _good(self) -> set[bytes]:
        """Name the directories whose digest is right: those asked for, and those where all is as it was."""
        good: set[bytes] = set()
        for path in sorted(self._folders, key=_depth, reverse=True):
            folder = self._folders[path]
            if folder.settled or not (folder.fresh or any(
                below in self._folders and (below not in good or self._folders[below].fresh)
                for below in folder.folders()
            )):  # fmt: skip
                good.add(path)
        return good

    def _children(self, path: bytes) -> Iterator[Input]:
        folder = self._folder(path)
        self._read_all(folder)
        return map(folder.input, self._seen(folder))

    def _fold(self, path: bytes) -> bytes:
        """Digest a directory; one in and below which nothing changed costs nothing."""
        pending, order = [path], []
        while pending:
            folder = self._folder(pending.pop())
            order.append(folder)
            pending.extend(folder.folders())
        for folder in reversed(order):
            if folder.settled:
                continue
            changed = folder.fresh or any(self._folders[below].fresh for below in folder.folders())
            if changed or not folder.tree or folder.through:
                self._read_all(folder)
                folder.tree = self._digest_of(folder)
                folder.fresh = True
            folder.settled = True
        return order[0].tree

    def _digest_of(self, folder: Folder) -> bytes:
        from hashlib import sha256

        start = folder.path + b"/" if folder.path else b""
        lines = []
        for place in self._seen(folder):
            name = os.fsencode(folder.names[place])
            below = self._folders.get(start + name) if stat.S_ISDIR(folder.statuses[place][MODE]) else None
            lines.append(b"%s\0%s" % (name, self._line(folder, place, below.tree if below else b"")))
        return sha256(b"".join(lines)).digest()

    def _line(self, folder: Folder, place: int, tree: bytes) -> bytes:
        """Write what of an entry decides whether it is the same: never its times."""
        status = folder.statuses[place]
        mode, owner = status[MODE], self._owner(status[OWNER], status[GROUP])
        if stat.S_ISREG(mode):
            mark = folder.marks.get(folder.names[place], b"")
            return b"%o %s%d:%s" % (mode, folder.digest(place), len(mark), mark) + owner
        if stat.S_ISLNK(mode):
            link = folder.links[folder.names[place]]
            return b"%o %d:%s" % (mode, len(link), link) + owner
        return b"%o %s%x;" % (mode, tree, 0 if stat.S_ISDIR(mode) else status[DEVICE]) + owner

    def _owner(self, uid: int, gid: int) -> bytes:
        return b"%d:%d;" % (uid, gid) if self._owners else b""

    def _read_all(self, folder: Folder) -> None:
        """Read every content in a directory that is not known."""
        if folder.read:
            return
        with self._reading:
            unknown = [place for place, status in enumerate(folder.statuses)
                       if stat.S_ISREG(status[MODE]) and folder.digest(place) == UNKNOWN]  # fmt: skip
            if unknown:
                self._read_places(folder, unknown)
            folder.read = True

    def _read(self, folder: Folder, place: int) -> None:
        """Read one content, if it is not known."""
        if stat.S_ISREG(folder.statuses[place][MODE]) and folder.digest(place) == UNKNOWN:
            with self._reading:
                self._read_places(folder, [place])

    def _read_places(self, folder: Folder, places: list[int]) -> None:
        try:
            descriptor = files.open_in_root(self.root, folder.path, files.DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno not in GONE:
                raise self._unreadable("can't stat", folder.path, error) from error
            for place in places:
                folder.learn(place, None)
            folder.packed = pack(folder.statuses)
            return
        try:
            for place in places:
                try:
                    folder.learn(place, *read(descriptor, os.fsencode(folder.names[place])))
                except OSError as error:
                    if error.errno not in GONE:
                        path = folder.path + b"/" if folder.path else b""
                        path += os.fsencode(folder.names[place])
                        raise self._unreadable("no permission to read from", path, error) from error
                    folder.learn(place, None)
        finally:
            os.close(descriptor)
        if not folder.packed:
            folder.packed = pack(folder.statuses)



def _depth(path: bytes) -> int:
    return path.count(b"/") + bool(path)
