"""What is remembered of a tree of inputs between two builds, so that what did not change is not read again.

A memo is one file: for each directory its listing, what stat(2) said of its names, and the digests that were
made of them. It is only a memory: one that is missing, damaged or from another version counts as empty.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

_VERSION = b"inputs 2\n"
_CHECK = 4
_FAST = 2
"""The version of marshal's format whose bytes depend on the values alone."""
_MOST = 64
"""Memos that are kept; the one longest unused goes first."""


class Remembered(NamedTuple):
    """One directory."""

    listing: str
    """Its names in the kernel's order, NUL between them."""
    kept: str
    """Those of them that are not ignored."""
    through: str
    """Those of `kept` that are ignored but may hold what is not."""
    packed: bytes
    """`pack` of the statuses of `kept`."""
    digests: bytes
    """32 bytes for each of `kept`, zeros where no content was read."""
    links: dict[str, bytes]
    """Where its symbolic links lead."""
    marks: dict[str, bytes]
    """The file capabilities of those that have any."""
    below: tuple[str, ...]
    """Which of `kept` are directories."""
    size: int
    """Bytes of all of `kept` in a tar, but of the contents that hard links share."""
    shared: tuple[tuple[int, int], ...]
    """Inode and bytes of the files that have more than one name."""
    tree: bytes
    """Digest of the directory and all below it; empty if unknown."""


Memory = dict[bytes, Remembered]
"""Directories by their path."""
Status = tuple[int, ...]
"""mode, inode, links, owner, group, size, device, mtime, ctime: see `engine.build.context.folder`."""


def pack(statuses: list[Status]) -> bytes:
    """Make bytes of statuses that are equal exactly if the statuses are."""
    return marshal.dumps(statuses, _FAST)


def unpack(packed: bytes) -> list[Status]:
    """Undo `pack`."""
    statuses: list[Status] = marshal.loads(packed)
    return statuses


def load(path: str, rules: str) -> tuple[Memory, bool]:
    """Read a memo; tell also whether it was written under the same rules of what is ignored."""
    try:
        with open(path, "rb", buffering=0) as file:
            data = file.read()
        os.utime(path)
    except OSError:
        return {}, False
    body = memoryview(data)[len(_VERSION) + _CHECK :]
    if data[: len(_VERSION)] != _VERSION or crc32(body).to_bytes(_CHECK) != data[len(_VERSION) :][:_CHECK]:
        return {}, False
    written, records = marshal.loads(body)
    return {path: Remembered(*fields) for path, fields in records.items()}, written == rules


def save(path: str, rules: str, memory: Memory) -> None:
    """Write a memo in one piece; what cannot be written is forgotten."""
    body = marshal.dumps((rules, {path: tuple(record) for path, record in memory.items()}), _FAST)
    draft = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        with open(draft, "xb", buffering=0) as file:
            file.writelines((_VERSION, crc32(body).to_bytes(_CHECK), body))
        os.replace(draft, path)
        _forget(os.path.dirname(path))
    except OSError:
        _remove((draft,))


def _forget(folder: str) -> None:
    """Remove the memos that were longest unused."""
    names = os.listdir(folder)
    if len(names) > _MOST:
        ages = sorted((os.stat(f"{folder}/{name}").st_mtime_ns, name) for name in names)
        _remove(f"{folder}/{name}" for _, name in ages[:-_MOST])


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            continue
