"""A tree of files as the Files tab shows it: read one directory at a time, whatever it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
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


class Waste(NamedTuple):
    """What an image's layers hold for nothing."""

    size: int
    """Bytes of the files in all layers."""
    wasted: int
    files: tuple[tuple[str, int, int], ...] = ()
    """The paths that waste most: path, how often, bytes."""


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
