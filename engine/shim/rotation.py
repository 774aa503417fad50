"""How large a log may grow, and the change to its next file.

Each step leaves a log that can be read whole: `log` is there at any moment, a file that has two names for a
moment is known by where it begins, and a number that is free for a moment is stepped over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.shim.frames import head_of, index_path, place_of, rotated_path

MEGABYTE = 10**6
LEAST_BYTES = 4096
"""No file is rotated before it holds this much, or heads would be most of it."""
_SCALE = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}


class Limits(NamedTuple):
    """How much of a log is kept.

    What was not limited is kept to 1 GB in 10 files all the same, where docker's `json-file` knows no end: a
    container that floods its log must not fill the disk. `max-size=-1` keeps everything.
    """

    bytes: int = 100 * MEGABYTE
    """Of one file; 0 is without end."""
    files: int = 10

    @classmethod
    def of(cls, config: Mapping[str, Any] | None) -> Limits:
        """Read docker's `LogConfig`, which was checked before. Raises ValueError."""
        chosen: Mapping[str, str] = (config or {}).get("Config") or {}
        if config and config.get("Type") == "none":
            return RING
        usual = LOCAL if config and config.get("Type") == "local" else cls()
        if "max-size" not in chosen:
            # Alone, it limits nothing in docker's `json-file`.
            fewest = 1 if usual is LOCAL else usual.files
            return usual._replace(files=max(fewest, int(chosen.get("max-file", usual.files))))
        most = 0 if chosen["max-size"] == "-1" else max(LEAST_BYTES, decimal_size(chosen["max-size"]))
        fewest = LOCAL.files if usual is LOCAL else 1
        return cls(most, int(chosen.get("max-file", fewest)))


ENDLESS = Limits(0)
LOCAL = Limits(20 * MEGABYTE, 5)
"""What docker's `local` driver keeps."""
RING = Limits(512 << 10, 2)
"""What is kept without a log: enough for those who are attached."""


def decimal_size(text: str) -> int:
    """Read an amount of bytes in powers of 1000, `10m`. Raises ValueError in docker's words."""
    last = max(text.rfind(character) for character in "0123456789. ")
    number, suffix = text[: last + 1].removesuffix(" "), text[last + 1 :].lower()
    whole, _, part = number.partition(".")
    scale = suffix.removesuffix("b").removesuffix("i")
    numeric = (whole + part).isdecimal() and number.isascii()
    if not numeric or scale not in ("", *_SCALE) or suffix == "i":
        raise ValueError(f"invalid size: '{text}'")
    return int(float(number) * _SCALE.get(scale, 1))


def rotate(path: str, files: int, head: bytes, needed: int) -> int:
    """Begin the next file of a log with its head; return it, opened.

    The oldest beyond so many files are dropped, but nothing from the offset `needed` on. Raises OSError: the
    log is as it was.
    """
    count = _count(path)
    # First, as this may be what makes room for the head.
    while count and count + 1 >= files and _end(path, count) <= needed:
        _remove(rotated_path(path, count))
        count -= 1
    fresh = f"{path}.new"
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        if os.write(descriptor, head) != len(head):
            raise OSError
        if files > 1 or count or needed < place_of(head):
            _shift(path, count + 1)
        else:
            _remove(index_path(path))
        os.rename(fresh, path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _count(path: str) -> int:
    """Count the files that were rotated, up to a number that is free."""
    count = 0
    while os.path.exists(rotated_path(path, count + 1)):
        if not count and os.path.samefile(path, rotated_path(path, 1)):
            # A rotation was cut short here.
            break
        count += 1
    return count


def _end(path: str, number: int) -> int:
    """Tell where a rotated file ends: where the one after it begins."""
    descriptor = os.open(rotated_path(path, number - 1), os.O_RDONLY | os.O_CLOEXEC)
    try:
        before = head_of(descriptor)
    finally:
        os.close(descriptor)
    return before[0] if before else 0


def _shift(path: str, free: int) -> None:
    """Give every file up to the free number the number after its own; the newest keeps its name too."""
    for number in range(free - 1, 0, -1):
        _rename(index_path(rotated_path(path, number)), index_path(rotated_path(path, number + 1)))
        os.rename(rotated_path(path, number), rotated_path(path, number + 1))
    first = rotated_path(path, 1)
    _remove(first)
    os.link(path, first)
    _rename(index_path(path), index_path(first))


def _rename(old: str, new: str) -> None:
    try:
        os.rename(old, new)
    except FileNotFoundError:
        # An index that a crash took is not missed, but a stale one would be kept for nothing.
        _remove(new)


def _remove(path: str) -> None:
    for name in (index_path(path), path):
        try:
            os.unlink(name)
        except FileNotFoundError:
            pass
