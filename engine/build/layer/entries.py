"""The record that a COPY leaves beside its layer: what each name in it is, so that the next one can tell.

It only saves work: one that is missing, or that another version wrote, is as good as an empty one.
"""

from __future__ import annotations

import marshal
import os
import sys
from typing import NamedTuple, TypeAlias

Row: TypeAlias = tuple[int, int, int, int, int, str, bool]
"""st_mode, uid, gid, mtime in seconds, size, digest of the content or a link's target, and whether a later
layer may link to it: not if it has attributes, or other names in its layer."""


class Directory(NamedTuple):
    """What the record says of one directory."""

    mtime: int
    below: tuple[bytes, ...]
    """The directories in it, in order."""
    packed: bytes
    """The rows of all else in it, packed: equal rows in equal order give equal bytes."""

    @property
    def rows(self) -> dict[bytes, Row]:
        """The rows by name."""
        found: dict[bytes, Row] = marshal.loads(self.packed)
        return found


Entries: TypeAlias = dict[bytes, Directory]
"""By path in the layer; the root is the empty path."""

_HEAD = f"stackyard entries 1 {sys.implementation.cache_tag}\n".encode()


def place_of(directory: str) -> str:
    """Name the record that belongs to a layer's directory, staged or in the store."""
    if os.path.basename(directory) == "diff":
        return f"{os.path.dirname(directory)}/entries"
    return f"{directory}.entries"


def pack(rows: dict[bytes, Row]) -> bytes:
    """Pack rows."""
    return marshal.dumps(rows, 2)  # later versions write a value that is used twice in another way


def save(directory: str, entries: Entries) -> None:
    """Write the record of a staged layer."""
    with open(place_of(directory), "wb", buffering=0) as file:
        file.write(_HEAD + marshal.dumps({path: tuple(row) for path, row in entries.items()}))


def load(directory: str) -> Entries:
    """Read a layer's record."""
    try:
        with open(place_of(directory), "rb") as file:
            if file.readline(100) != _HEAD:
                return {}
            found = marshal.load(file)
        return {path: Directory(*fields) for path, fields in found.items()}
    except (OSError, EOFError, ValueError, TypeError, AttributeError):
        return {}
