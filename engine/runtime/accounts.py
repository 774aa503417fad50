"""Who a container runs as: `--user` and USER resolved against the container's own /etc/passwd and /etc/group.

The two files are the image's, so they are read as hostile: opened in the root by descriptor, never through a
FIFO or a device, and only up to a limit (CVE-2024-9676).
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from engine.errors import InvalidInput
from engine.kernel.files import open_in_root

_MOST_BYTES = 10 << 20
_MOST_ID = 2**31 - 1


class Account(NamedTuple):
    """Numbers and home of the user a container runs as."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    """Supplementary groups, the primary one among them as docker has it."""
    home: str


def resolve(root: int, user: str) -> Account:
    """Resolve `name|uid[:group|gid]` below the root directory behind a descriptor; empty means root.

    An unknown uid has group 0 and home `/`; an explicit group leaves no supplementary ones.
    Raises InvalidInput for a name that the files do not hold and for ids out of range (CVE-2024-40635).
    """
    who, _, group = user.partition(":")
    who = who or "0"
    passwd = _rows(root, b"etc/passwd", 7)
    entry = next((row for row in passwd if who in (row[0], row[2])), None)
    if entry is not None and who != entry[0]:
        entry = next((row for row in passwd if row[0] == who), entry)
    if entry is not None:
        uid, gid, name, home = _number(entry[2]), _number(entry[3]), entry[0], entry[5] or "/"
    elif who.isdigit():
        uid, gid, name, home = _number(who), 0, "", "/"
    else:
        raise InvalidInput(f"unable to find user {who}: no matching entries in passwd file")
    rows = _rows(root, b"etc/group", 4)
    if group:
        found = next((row for row in rows if row[0] == group), None)
        if found is None and not group.isdigit():
            raise InvalidInput(f"unable to find group {group}: no matching entries in group file")
        gid = _number(found[2] if found else group)
        return Account(uid, gid, (gid,), home)
    others = (_number(row[2]) for row in rows if name and name in row[3].split(","))
    return Account(uid, gid, tuple(dict.fromkeys((gid, *others))), home)


def _number(text: str) -> int:
    if not text.isdigit() or int(text) > _MOST_ID:
        raise InvalidInput(f"uids and gids must be in range 0-{_MOST_ID}, not {text or 'empty'}")
    return int(text)


def _rows(root: int, path: bytes, columns: int) -> list[list[str]]:
    try:
        descriptor = open_in_root(root, path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return []
        text = file.read(_MOST_BYTES).decode("utf-8", "surrogateescape")
    rows = (line.split(":") for line in text.splitlines() if line and not line.startswith("#"))
    return [row for row in rows if len(row) >= columns and row[2].isdigit()]
