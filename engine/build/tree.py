"""A directory as a tree of inputs: scanned when it is needed, and read again only where it changed."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Iterator, Sequence

from engine.build import memo
from engine.build.content import read
from engine.build.folder import DEVICE, GROUP, MODE, OWNER, UNKNOWN, Filter, Folder, recall, scan
from engine.build.inputs import Input
from engine.build.memo import pack
from engine.errors import EngineError, NotFound, NotPermitted, from_os
from engine.kernel import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.build.scout import Scout

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE, errno.ENXIO)
"""What stood there a moment ago does no more, or something else does."""


class Tree:
    """The inputs below an open directory.

    `name` is what people call the root; `place` is the memo's file, empty for none; `rules` are the text of
    what `keep` obeys. With `owners` they count in digests. Threads may share a tree: at worst a directory is
    scanned twice.
    """

    def __init__(self, root: int, name: str, *, place: str = "", rules: str = "", keep: Filter | None = None,
                 owners: bool = False) -> None:
        self.root = root
        self._owners = owners
        self._name = name
        self._place = place
        self.rules = rules
        self._keep = keep
        self._folders: dict[bytes, Folder] = {}
        self._whole = False
        self._reading = threading.Lock()
        self._since = time.time_ns()
        self._memory: memo.Memory = {}
        self._scout: Scout | None = None
        self._ruled = True
        if place:
            self._memory, self._ruled = memo.load(place, rules)

    def prepare(self) -> None:
        """Say that all will be scanned soon: a second process may begin."""
        from engine.build.scout import Scout, worth_it

        if self._ruled and worth_it(self._memory):
            self._scout = Scout(self.root, self._memory)

    def scan(self) -> int:
        """Scan all of it; return how many bytes a tar of it has. Raises EngineError."""
        import gc

        collecting = gc.isenabled()
        gc.disable()  # some ten thousand tuples come into being, and none is garbage
        try:
            pending = [b""]
            size = 2 * 512
            shared: dict[int, int] = {}
            while pending:
                folder = self._folder(pending.pop())
                size += folder.size
                shared.update(folder.shared)
                pending.extend(folder.folders())
            self._whole = True
            return size + sum(shared.values())
        finally:
            self._dismiss()
            if collecting:
                gc.enable()

    def find(self, path: bytes) -> Input | None:
        """Tell what stands at `path`, without its digest."""
        if not path:
            status = os.fstat(self.root)
            owner = status.st_uid, status.st_gid
            return Input(b"", status.st_mode, *owner, status.st_size, status.st_mtime_ns, 0, b"", "", 0)
        found = self._place_of(path)
        return found[0].input(found[1]) if found else None

    def listed(self, path: bytes) -> Sequence[Input]:
        """List a directory by name, without digests."""
        if not self._is_directory(path):
            return ()
        folder = self._folder(path)
        return [folder.input(place) for place in self._seen(folder)]

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

    def _dismiss(self) -> None:
        scout, self._scout = self._scout, None
        if scout is not None:
            scout.close()

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

    # ---------------------------------------------------------------------------------------- looking

    def _folder(self, path: bytes) -> Folder:
        """Scan a directory, unless that was done."""
        folder = self._folders.get(path)
        if folder is None and self._scout is not None and self._scout.is_same(path):
            folder = self._folders[path] = recall(path, self._memory[path])
        if folder is None:
            try:
                descriptor = files.open_in_root(self.root, path, files.DIRECTORY | os.O_NOFOLLOW)
                try:
                    folder = scan(path, descriptor, self._memory.get(path), self._keep, ruled=self._ruled)
                finally:
                    os.close(descriptor)
            except OSError as error:
                if error.errno not in _GONE:
                    raise self._unreadable("can't stat", path, error) from error
                folder = Folder(path, "", [], [])
            self._folders[path] = folder
        return folder

    def _place_of(self, path: bytes) -> tuple[Folder, int] | None:
        """Find a name by going down from the root, so that nothing ignored and no link is passed."""
        parts = path.split(b"/")
        folder = self._folder(b"")
        for depth, name in enumerate(parts, 1):
            place = folder.find(name)
            if place is None or not folder.statuses[place][MODE]:
                return None
            here = b"/".join(parts[:depth])
            if folder.through and os.fsdecode(name) in folder.through.split("\0") and self._is_hollow(here):
                return None
            if depth == len(parts):
                return folder, place
            if not stat.S_ISDIR(folder.statuses[place][MODE]):
                return None
            folder = self._folder(here)
        return None

    def _is_directory(self, path: bytes) -> bool:
        found = self._place_of(path) if path else None
        return not path or (found is not None and stat.S_ISDIR(found[0].statuses[found[1]][MODE]))

    def _seen(self, folder: Folder) -> list[int]:
        """Tell the places in a directory that are there for others, in order."""
        hidden = set()
        if folder.through:
            start = folder.path + b"/" if folder.path else b""
            names = folder.through.split("\0")
            hidden = {name for name in names if self._is_hollow(start + os.fsencode(name))}
        return [place for place in folder.ordered()
                if folder.statuses[place][MODE] and folder.names[place] not in hidden]  # fmt: skip

    def _is_hollow(self, path: bytes) -> bool:
        """Tell that an ignored directory holds nothing that is not ignored."""
        pending = [path]
        while pending:
            folder = self._folder(pending.pop())
            through = set(folder.through.split("\0"))
            if any(name not in through for name in folder.names):
                return False
            pending.extend(folder.folders())
        return True

    def _children(self, path: bytes) -> Iterator[Input]:
        folder = self._folder(path)
        self._read_all(folder)
        return map(folder.input, self._seen(folder))

    # ---------------------------------------------------------------------------------------- reading

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
        descriptor = files.open_in_root(self.root, folder.path, files.DIRECTORY | os.O_NOFOLLOW)
        try:
            for place in places:
                try:
                    folder.learn(place, *read(descriptor, os.fsencode(folder.names[place])))
                except OSError as error:
                    if error.errno not in _GONE:
                        path = folder.path + b"/" if folder.path else b""
                        path += os.fsencode(folder.names[place])
                        raise self._unreadable("no permission to read from", path, error) from error
                    folder.learn(place, None)
        finally:
            os.close(descriptor)
        if not folder.packed:
            folder.packed = pack(folder.statuses)

    def _unreadable(self, problem: str, path: bytes, error: OSError) -> EngineError:
        """Say what docker says of a context that it may not read."""
        name = f"{self._name}/{os.fsdecode(path)}"
        if error.errno in (errno.EACCES, errno.EPERM):
            return NotPermitted(
                f"error checking context: {problem} '{name}'",
                resolution="make it readable, or name it in .dockerignore",
            )
        return from_os(OSError(error.errno, error.strerror, name), "error checking context")


def _depth(path: bytes) -> int:
    return path.count(b"/") + bool(path)
