"""One directory of a tree of inputs: its names, their statuses, and what is known of their contents."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import partial
from operator import attrgetter

from engine.build.context.inputs import Input
from engine.build.context.memo import Remembered, Status, pack, unpack

MODE, INODE, LINKS, OWNER, GROUP, SIZE, DEVICE, MTIME, CTIME = range(9)
"""The places in a Status."""
status_of: Callable[[os.stat_result], Status] = attrgetter(
    "st_mode", "st_ino", "st_nlink", "st_uid", "st_gid", "st_size", "st_rdev", "st_mtime_ns", "st_ctime_ns"
)
"""Make a Status of what stat(2) said."""
WIDTH = 32
"""Bytes of a digest."""
UNKNOWN = bytes(WIDTH)
GONE: Status = (0,) * 9
"""What vanished before it was read."""
_BLOCK, _NAME, _PREFIX = 512, 100, 155

Filter = Callable[[bytes, list[str], list[Status]], tuple[list[str], list[str]]]
"""Told a directory, its names and their statuses: the names that are kept, and those of them that are
directories which are ignored but may hold what is not."""


class Folder:
    """A directory as it was when it was scanned."""

    __slots__ = (
        "_names", "_statuses", "below", "digests", "fresh", "kept", "links", "listing", "marks", "packed",
        "path", "places", "read", "settled", "shared", "size", "through", "tree",
    )  # fmt: skip

    def __init__(self, path: bytes, listing: str, names: list[str] | None,
                 statuses: list[Status] | None) -> None:
        """Without names or statuses they are taken from `kept` and `packed` when somebody asks."""
        self.path = path
        self.listing = listing
        self._names = names
        self._statuses = statuses
        self.kept = listing
        self.through = ""
        self.packed = b""
        self.fresh = True
        """False if all of it was remembered."""
        self.digests = bytearray()
        self.links: dict[str, bytes] = {}
        self.marks: dict[str, bytes] = {}
        self.below: tuple[str, ...] = ()
        """The directories in it."""
        self.size = 0
        """Bytes of its entries in a tar, but of the contents that hard links share."""
        self.shared: tuple[tuple[int, int], ...] = ()
        """Inode and bytes of the files that have more than one name."""
        self.tree = b""
        """Digest of it and all below; only a memory until it is `settled`."""
        self.settled = False
        self.read = False
        """All contents in it were read."""
        self.places: dict[bytes, int] | None = None

    @property
    def names(self) -> list[str]:
        """Its names, but those that are left out."""
        if self._names is None:
            self._names = self.kept.split("\0") if self.kept else []
        return self._names

    @property
    def statuses(self) -> list[Status]:
        """What stat(2) said of each name."""
        if self._statuses is None:
            self._statuses = unpack(self.packed)
        return self._statuses

    def keep(self, names: list[str], statuses: list[Status]) -> None:
        """Leave out all others."""
        self._names, self._statuses = names, statuses

    def find(self, name: bytes) -> int | None:
        """Tell the place of a name."""
        if self.places is None:
            self.places = {encoded: place for place, encoded in enumerate(map(os.fsencode, self.names))}
        return self.places.get(name)

    def ordered(self) -> list[int]:
        """Tell the places in the order of the names' bytes."""
        names = [os.fsencode(name) for name in self.names]
        return sorted(range(len(names)), key=names.__getitem__)

    def folders(self) -> list[bytes]:
        """Name the directories in it, by their paths."""
        start = self.path + b"/" if self.path else b""
        return [start + os.fsencode(name) for name in self.below]

    def digest(self, place: int) -> bytes:
        """Return the digest of a file's content, UNKNOWN if it was not read."""
        return bytes(self.digests[place * WIDTH : (place + 1) * WIDTH])

    def learn(self, place: int, status: Status | None, digest: bytes = UNKNOWN, mark: bytes = b"") -> None:
        """Take what was read of a file; no status means that it is gone."""
        name = self.names[place]
        if status != self.statuses[place]:
            self.statuses[place] = status or GONE
            self.packed = b""
        self.digests[place * WIDTH : (place + 1) * WIDTH] = digest
        self.marks.pop(name, None)
        if mark:
            self.marks[name] = mark
        self.fresh = True

    def input(self, place: int) -> Input:
        """Show one entry."""
        name = self.names[place]
        mode, _, links, owner, group, size, device, mtime, _ = self.statuses[place]
        path = os.fsencode(name)
        digest = self.digest(place)
        return Input(
            self.path + b"/" + path if self.path else path, mode, owner, group, size, mtime, device,
            self.links.get(name, b""), "" if digest == UNKNOWN else digest.hex(),
            self.statuses[place][INODE] if links > 1 and stat.S_ISREG(mode) else 0,
        )  # fmt: skip

    def remembered(self, since: int, tree: bytes) -> Remembered:
        """Write down what may be trusted later: nothing of files that changed after `since`."""
        digests = bytearray(self.digests)
        if self.fresh:
            for place, status in enumerate(self.statuses):
                if max(status[MTIME], status[CTIME]) >= since - _granule(status[CTIME]):
                    digests[place * WIDTH : (place + 1) * WIDTH] = UNKNOWN
                    tree = b""
        return Remembered(self.listing, self.kept, self.through, self.packed, bytes(digests), self.links,
                          self.marks, self.below, self.size, self.shared, tree)  # fmt: skip


def recall(path: bytes, old: Remembered) -> Folder:
    """Take a directory as remembered."""
    folder = Folder(path, old.listing, None, None)
    folder.packed = old.packed
    _take_all(folder, old)
    return folder


def look(descriptor: int, names: list[str]) -> list[Status]:
    """Ask for the statuses of names in an open directory; raises OSError."""
    return list(map(status_of, map(partial(os.stat, dir_fd=descriptor, follow_symlinks=False), names)))


def scan(path: bytes, descriptor: int, old: Remembered | None, keep: Filter | None, *, ruled: bool) -> Folder:
    """Scan an open directory; what `old` knows of it is taken over as far as it is true.

    `ruled` tells that `old` was filtered as `keep` would. Raises OSError.
    """
    names = os.listdir(descriptor)
    listing = "\0".join(names)
    known = ruled and old is not None and old.listing == listing
    if known and old is not None and old.kept != listing:
        names = old.kept.split("\0") if old.kept else []
    try:
        statuses = look(descriptor, names)
    except OSError:
        names, statuses = _look_again(descriptor, names)
        known = False
    folder = Folder(path, listing, names, statuses)
    if known and old is not None:
        folder.packed = pack(statuses)
        if folder.packed == old.packed:
            _take_all(folder, old)
            return folder
    _filter(folder, keep)
    _take_some(folder, descriptor, old)
    return folder


def _look_again(descriptor: int, names: list[str]) -> tuple[list[str], list[Status]]:
    """Ask for the statuses one by one, leaving out what has vanished."""
    left: list[str] = []
    statuses: list[Status] = []
    for name in names:
        try:
            statuses.append(status_of(os.stat(name, dir_fd=descriptor, follow_symlinks=False)))
        except FileNotFoundError:
            continue
        left.append(name)
    return left, statuses


def _filter(folder: Folder, keep: Filter | None) -> None:
    """Leave out sockets, which no archive can hold, and what is ignored."""
    chosen = dict(zip(folder.names, folder.statuses, strict=True))
    through: list[str] = []
    if keep is not None:
        kept, through = keep(folder.path, folder.names, folder.statuses)
        chosen = {name: chosen[name] for name in kept}
    chosen = {name: status for name, status in chosen.items() if not stat.S_ISSOCK(status[MODE])}
    if len(chosen) != len(folder.names):
        folder.keep(list(chosen), list(chosen.values()))
    folder.kept, folder.through = "\0".join(folder.names), "\0".join(through)
    folder.packed = pack(folder.statuses)


def _take_all(folder: Folder, old: Remembered) -> None:
    folder.kept, folder.through = old.kept, old.through
    folder.digests, folder.links, folder.marks = bytearray(old.digests), old.links, old.marks
    folder.below, folder.size, folder.shared, folder.tree = old.below, old.size, old.shared, old.tree
    folder.read, folder.fresh = bool(old.tree), False


def _take_some(folder: Folder, descriptor: int, old: Remembered | None) -> None:
    """Take over the digests of the files that are the same as they were; read the links."""
    before: dict[str, tuple[int, Status]] = {}
    if old is not None and old.kept:
        names = old.kept.split("\0")
        before = dict(zip(names, enumerate(unpack(old.packed)), strict=True))
    digests: list[bytes] = []
    shared: list[tuple[int, int]] = []
    start = folder.path + b"/" if folder.path else b""
    size = 0
    for name, status in zip(folder.names, folder.statuses, strict=True):
        mode, digest = status[MODE], UNKNOWN
        if stat.S_ISREG(mode):
            stored = status[SIZE] + -status[SIZE] % _BLOCK
            if status[LINKS] > 1:
                shared.append((status[INODE], stored))
            else:
                size += stored
            was = before.get(name)
            if was is not None and old is not None and was[1] == status:
                digest = old.digests[was[0] * WIDTH : (was[0] + 1) * WIDTH]
                if name in old.marks:
                    folder.marks[name] = old.marks[name]
        elif stat.S_ISLNK(mode):
            folder.links[name] = os.readlink(os.fsencode(name), dir_fd=descriptor)
        digests.append(digest)
        path = start + os.fsencode(name) + b"/" * stat.S_ISDIR(mode)
        size += _BLOCK + _extension(path, folder.links.get(name, b""))
    folder.digests, folder.size, folder.shared = bytearray().join(digests), size, tuple(shared)
    folder.below = tuple(name for name, status in zip(folder.names, folder.statuses, strict=True)
                         if stat.S_ISDIR(status[MODE]))  # fmt: skip


def _extension(path: bytes, link: bytes) -> int:
    """Count the bytes of the extended header that an entry needs in a tar, as Go writes it."""
    if len(path) <= _NAME and len(link) <= _NAME and path.isascii() and link.isascii():
        return 0
    records = 0
    if not path.isascii() or (len(path) > _NAME and not _splits(path)):
        records += len(path) + len(b"000 path=\n")
    if not link.isascii() or len(link) > _NAME:
        records += len(link) + len(b"000 linkpath=\n")
    return (_BLOCK + records + -records % _BLOCK) if records else 0


def _splits(path: bytes) -> bool:
    """Tell whether a long path fits the two fields that ustar has for it."""
    cut = path.rstrip(b"/").rfind(b"/", 0, _PREFIX + 1)
    return cut > 0 and 0 < len(path) - cut - 1 <= _NAME


def _granule(ctime: int) -> int:
    """Guess how coarse a file system's clock is from one of its times, in ns."""
    return 50_000_000 if ctime % 1_000_000_000 else 2_000_000_000
