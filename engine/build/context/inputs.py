"""What COPY and ADD read: a tree of inputs behind a directory descriptor, and what was selected from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol


class Input(NamedTuple):
    """One name in a tree of inputs; `path` begins at the tree's root, without a slash in front."""

    path: bytes
    mode: int
    """The whole st_mode."""
    uid: int
    gid: int
    size: int
    mtime_ns: int
    device: int
    """The device's number (st_rdev)."""
    link: bytes
    """Where a symbolic link leads."""
    digest: str
    """Of a regular file's content, sha256, 64 digits; empty for all else, and where nobody asked for it."""
    hard: int
    """0, or a number that the hard links of one file share within the tree."""


class Inputs(Protocol):
    """A tree that can be selected from: the context, a stack of layers, a fetched file.

    Paths are bytes from the root, without a slash in front; the empty one is the root itself. Links are never
    followed. Files are opened below `root` with `open_in_root` only.
    """

    root: int
    """The open root directory."""

    def find(self, path: bytes) -> Input | None:
        """Tell what stands at `path`, without its digest; None if nothing does, or it is ignored."""

    def listed(self, path: bytes) -> Sequence[Input]:
        """List a directory by name, without digests; empty for what is no directory."""

    def walk(self, path: bytes) -> Iterator[Input]:
        """Go through `path` itself and all below it, parents first, by name, with digests."""

    def digest(self, path: bytes) -> str:
        """Digest what stands at `path` with all below it: contents, modes, kinds and names, never times.

        The name of `path` itself is not in it. Raises NotFound.
        """


class Item(NamedTuple):
    """One input and where it goes."""

    input: Input
    target: bytes
    """A path in the root file system, from `/` but without it; no `.` nor `..` in it."""


class Selection(NamedTuple):
    """What one COPY or ADD takes from one tree."""

    inputs: Inputs
    items: Iterable[Item]
    """Parents before children, a copied directory itself first; can be gone through any number of times."""
    digest: str
    """Of all that the items hold and where they go below the target; 64 digits."""
    what: str
    """`file`, `dir` or `multi`, as the history of an image says it."""
    name: bytes = b""
    """For a lone file whose target ends in no slash: the name it gets if that is a directory already."""
