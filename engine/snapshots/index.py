"""The index of a layer: every name it has, in a file beside it, so that its tree is walked only once.

A layer never changes, so its index is never wrong; it goes when the layer goes, for they share a directory.
Names stand in the order of a walk (`/a`, `/a/b`, `/a.c`), so that indexes of several layers can be merged as
streams. The file is read in pieces: however long it is, little of it is in memory.

After the first line come records that end in a zero byte: one letter (`f` regular file, `d` directory, `o`
opaque directory, `w` whiteout, `x` anything else), the size in decimal, a blank, the path. The last is `.`
and how many there were: a file that a crash cut short does not have it, and is made again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator

from engine.snapshots.union import is_opaque, is_whiteout
from engine.store.locks import Lock

MAGIC = b"stackyard layer index 1\n"
_PIECE = 1 << 18
_OFTEN = 4096
"""Names after which it is told how many there were."""

Told = Callable[[int], object]
"""Hears how many names were found; it may raise to cancel."""


def index(layer: str, path: str, told: Told) -> None:
    """Make the index of the layer's directory at `path`, unless it is there. Raises OSError.

    Who comes while another is at it waits: nothing is walked twice.
    """
    if is_whole(path):
        return
    with Lock(os.path.dirname(path), create=False):
        if not is_whole(path):
            _write(layer, path, told)


def is_whole(path: str) -> bool:
    """Tell whether there is an index that was written to its end."""
    try:
        with open(path, "rb") as file:
            if file.readline(100) != MAGIC:
                return False
            file.seek(max(len(MAGIC), file.seek(0, os.SEEK_END) - 24))
            end = file.read().split(b"\0")
    except FileNotFoundError:
        return False
    return len(end) > 1 and end[-1] == b"" and end[-2][:1] == b"."


def records(path: str) -> Iterator[tuple[bytes, int, bytes]]:
    """Read an index: the letter, the size and the path of every name."""
    for record in _raw(path):
        size, _, name = record.partition(b" ")
        yield size[:1], int(size[1:]), name


def names(path: str) -> Iterator[str]:
    """Read the paths alone."""
    for record in _raw(path):
        yield os.fsdecode(record.partition(b" ")[2])


def order(path: bytes) -> bytes:
    """Return what paths are sorted by: a directory's names follow it at once."""
    return path.replace(b"/", b"\0")


def _raw(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        file.seek(len(MAGIC))
        rest = b""
        while piece := file.read(_PIECE):
            *whole, rest = (rest + piece).split(b"\0")
            for record in whole:
                if record[:1] != b".":
                    yield record


def _write(layer: str, path: str, told: Told) -> None:
    draft = f"{path}.draft"
    count = 0
    with open(draft, "wb") as file:
        file.write(MAGIC)
        for kind, size, name in _walk(os.fsencode(layer)):
            file.write(b"%b%d %b\0" % (kind, size, name))
            count += 1
            if count % _OFTEN == 0:
                told(count)
        file.write(b".%d\0" % count)
    told(count)
    os.rename(draft, path)


def _walk(layer: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    seen: set[tuple[int, int]] = set()
    pending = _listed(layer, b"")
    while pending:
        path, entry = pending.pop()
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            yield b"o" if is_opaque(os.fsdecode(entry.path)) else b"d", 0, path
            pending += _listed(entry.path, path)
        elif stat.S_ISREG(status.st_mode):
            yield b"f", _own_size(status, seen), path
        else:
            yield b"w" if is_whiteout(status) else b"x", 0, path


def _listed(directory: bytes, place: bytes) -> list[tuple[bytes, os.DirEntry[bytes]]]:
    """List a directory, the last name first."""
    with os.scandir(directory) as entries:
        found = [(b"%b/%b" % (place, entry.name), entry) for entry in entries]
    return sorted(found, key=lambda one: one[0], reverse=True)


def _own_size(status: os.stat_result, seen: set[tuple[int, int]]) -> int:
    """Return the size of a file; of its further hard links nothing."""
    if status.st_nlink > 1:
        identity = status.st_dev, status.st_ino
        if identity in seen:
            return 0
        seen.add(identity)
    return status.st_size
