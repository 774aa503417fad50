"""A directory scanned where it is needed: what is in it that is not ignored, and how it stands."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Sequence

from engine.build.context import memo
from engine.build.context.folder import MODE, Filter, Folder, recall, scan
from engine.build.context.inputs import Input
from engine.errors import EngineError, NotPermitted, from_os
from engine.kernel import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.build.context.scout import Scout

GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE, errno.ENXIO)
"""What stood there a moment ago does no more, or something else does."""


class Scanned:
    """The names below an open directory.

    `name` is what people call the root; `place` is the memo's file, empty for none; `rules` are the text of
    what `keep` obeys. Threads may share it: at worst a directory is scanned twice.
    """

    def __init__(self, root: int, name: str, *, place: str = "", rules: str = "",
                 keep: Filter | None = None) -> None:
        self.root = root
        self._name = name
        self._place = place
        self.rules = rules
        self._keep = keep
        self._folders: dict[bytes, Folder] = {}
        self._whole = False
        self._since = time.time_ns()
        self._memory: memo.Memory = {}
        self._scout: Scout | None = None
        self._ruled = True
        if place:
            self._memory, self._ruled = memo.load(place, rules)

    def prepare(self) -> None:
        """Say that all will be scanned soon: a second process may begin."""
        from engine.build.context.scout import Scout, worth_it

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

    def _dismiss(self) -> None:
        scout, self._scout = self._scout, None
        if scout is not None:
            scout.close()

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
                if error.errno not in GONE:
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

    def _unreadable(self, problem: str, path: bytes, error: OSError) -> EngineError:
        """Say what docker says of a context that it may not read."""
        name = f"{self._name}/{os.fsdecode(path)}"
        if error.errno in (errno.EACCES, errno.EPERM):
            return NotPermitted(
                f"error checking context: {problem} '{name}'",
                resolution="make it readable, or name it in .dockerignore",
            )
        return from_os(OSError(error.errno, error.strerror, name), "error checking context")
