"""--chown: names and numbers, looked up in the files of the tree that is copied into."""

from __future__ import annotations

from engine.build.layer.stack import Stack
from engine.errors import InvalidInput

_MOST_BYTES = 10 << 20
_MOST_ID = 2**31 - 1


def owner(text: str, stack: Stack) -> tuple[int, int]:
    """Resolve `user[:group]` to numbers; raises InvalidInput for names that nobody has.

    A number without a group is its own group; a name without one has the group that /etc/passwd says.
    """
    user, _, group = text.partition(":")
    row = None
    if not user:
        uid = gid = 0
    elif user.isascii() and user.isdigit():
        uid = gid = _number(user)
    else:
        row = _row(stack, b"etc/passwd", user, 4)
        if row is None:
            raise _unknown("uid", "user", user)
        uid, gid = _number(row[2]), _number(row[3])
    if group.isascii() and group.isdigit():
        gid = _number(group)
    elif group:
        row = _row(stack, b"etc/group", group, 3)
        if row is None:
            raise _unknown("gid", "group", group)
        gid = _number(row[2])
    return uid, gid


def _row(stack: Stack, path: bytes, name: str, columns: int) -> list[str] | None:
    for line in stack.read(path, _MOST_BYTES).decode("utf-8", "surrogateescape").split("\n"):
        row = line.split(":")
        if row[0] == name and len(row) >= columns and all(row[at].isdigit() for at in range(2, columns)):
            return row
    return None


def _number(text: str) -> int:
    if not text.isascii() or len(text) > 20 or int(text) > _MOST_ID:
        raise InvalidInput(f"uids and gids must be in range 0-{_MOST_ID}", details=text[:20])
    return int(text)


def _unknown(number: str, kind: str, name: str) -> InvalidInput:
    return InvalidInput(
        f"unable to convert uid/gid chown string to host mapping: can't find {number} for {kind} {name}: "
        f"no such {kind}: {name}"
    )
