"""Who a container runs as: `--user` and USER resolved against the container's own /etc/passwd and /etc/group.

The two files are the image's, so they are read as hostile: opened in the root by descriptor, never through a
FIFO or a device, and only up to a limit (CVE-2024-9676).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from engine.errors import InvalidInput
from engine.kernel.files import magic_path, open_in_root

_MOST_BYTES = 10 << 20
_MOST_ID = 2**31 - 1
_MOST_DIGITS = 20


class Account(NamedTuple):
    """Numbers and home of the user a container runs as."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    """Supplementary groups, the primary one among them as docker has it."""
    home: str


def with_groups(root: int, account: Account, groups: Sequence[str]) -> Account:
    """Add supplementary groups, by number or by the name that the root's /etc/group has for them.

    Raises InvalidInput for a name that it does not have.
    """
    if not groups:
        return account
    known = {row[0]: row[2] for row in _rows(root, b"etc/group", 4)}
    numbers = []
    for group in groups:
        if group not in known and not _is_number(group):
            raise InvalidInput(f"Unable to find group {group}: no matching entries in group file")
        numbers.append(_number(known.get(group, group)))
    return account._replace(groups=tuple(dict.fromkeys((*account.groups, *numbers))))


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
    elif _is_number(who):
        uid, gid, name, home = _number(who), 0, "", "/"
    else:
        raise InvalidInput(f"unable to find user {who}: no matching entries in passwd file")
    rows = _rows(root, b"etc/group", 4)
    if group:
        found = next((row for row in rows if row[0] == group), None)
        if found is None and not _is_number(group):
            raise InvalidInput(f"unable to find group {group}: no matching entries in group file")
        gid = _number(found[2] if found else group)
        return Account(uid, gid, (gid,), home)
    others = (_number(row[2]) for row in rows if name and name in row[3].split(","))
    return Account(uid, gid, tuple(dict.fromkeys((gid, *others))), home)


def _is_number(text: str) -> bool:
    """Tell whether an id is meant, be it a negative one."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit()


def _number(text: str) -> int:
    if not _is_number(text) or len(text) > _MOST_DIGITS or not 0 <= int(text) <= _MOST_ID:
        raise InvalidInput(f"uids and gids must be in range 0-{_MOST_ID}", details=text[:_MOST_DIGITS])
    return int(text)


def _rows(root: int, path: bytes, columns: int) -> list[list[str]]:
    """Read a file of the image: only a regular one is opened, since opening a device may already do harm."""
    try:
        found = open_in_root(root, path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        if not stat.S_ISREG(os.fstat(found).st_mode):
            return []
        with open(magic_path(found), "rb", buffering=0) as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return []
    finally:
        os.close(found)
    rows = (line.split(":") for line in text.split("\n") if line and not line.startswith("#"))
    return [row for row in rows if len(row) >= columns and _is_number(row[2])]
