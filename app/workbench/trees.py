"""A tree of files as the Files tab shows it: read one directory at a time, whatever it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

Mark = Literal["", "added", "changed", "copied up", "removed"]
Nature = Literal["directory", "file", "link", "device", "pipe", "socket"]


class File(NamedTuple):
    """One name in a directory."""

    name: str
    """As os.fsdecode gives it: whoever shows it makes it harmless."""
    nature: Nature
    size: int
    """Bytes; of a directory nothing."""
    mode: int
    """Permission bits."""
    uid: int
    gid: int
    mtime: float
    """Seconds since the epoch."""
    link: str = ""
    """Where a symbolic link leads."""
    mark: Mark = ""
    """What the uppermost layer did to it."""
    layer: int = 0
    """The layer it comes from: 1 is the base, the writable one is the last; 0 where there are no layers."""
    shadows: tuple[int, ...] = ()
    """The layers whose own form of it is hidden, the uppermost first."""
    hidden: int = 0
    """Bytes that those take for nothing."""


class Tree(Protocol):
    """A tree to look around in; not for two threads at once. Raises EngineError from any call.

    Paths are absolute in the tree: `/`, `/etc`. No link is followed.
    """

    def list(self, path: str) -> Sequence[File]:
        """Read one directory."""

    def read(self, path: str, start: int, count: int) -> bytes:
        """Read up to `count` bytes of a regular file from `start` on."""

    def close(self) -> None:
        """Let go of it."""


class Share(NamedTuple):
    """What one layer of an image did; of directories only that they were removed is counted."""

    added: int
    changed: int
    removed: int
    size: int
    """Bytes of its files."""
    wasted: int
    """Bytes of those that layers further up hide."""


class Survey(NamedTuple):
    """What is known of all files of an image."""

    size: int
    """Bytes of the files in all layers."""
    wasted: int
    """Bytes of those that no container can see."""
    files: int
    """How many files a container sees."""
    waste: tuple[tuple[str, int, int], ...] = ()
    """The paths that waste most: path, how often, bytes."""
    largest: tuple[tuple[str, int, int], ...] = ()
    """The largest files that are seen: path, layer, bytes."""
    layers: tuple[Share, ...] = ()
    """The base first."""

    @property
    def efficiency(self) -> float:
        """Tell which percentage of the bytes is seen."""
        return 100 - 100 * self.wasted / self.size if self.size else 100.0


Progress = Callable[[int, int, int], object]
"""Hears which layer is walked through, of how many, and its names so far; may raise Cancelled."""


class Rows(Protocol):
    """What gives directories as rows in the order of `File`'s members; the engine's browsers do."""

    def list(self, path: str) -> Sequence[tuple[Any, ...]]:
        """Read one directory."""

    def read(self, path: str, start: int, count: int) -> bytes:
        """Read a part of a file."""

    def close(self) -> None:
        """Let go of it."""


class LocalTree:
    """A tree of this machine's engine."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def list(self, path: str) -> Sequence[File]:
        """Read one directory."""
        return [File(*row) for row in self._rows.list(path)]

    def read(self, path: str, start: int, count: int) -> bytes:
        """Read a part of a file."""
        return self._rows.read(path, start, count)

    def close(self) -> None:
        """Let go of it."""
        self._rows.close()
