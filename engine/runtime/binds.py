"""Binds: the words of a mount's options, and trees copied from elsewhere and attached in the root."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from engine.kernel import mounts
from engine.kernel.files import open_in_root
from engine.kernel.processes import start_time

_FLAGS = {
    "ro": mounts.MS_RDONLY, "rro": mounts.MS_RDONLY, "nosuid": mounts.MS_NOSUID, "nodev": mounts.MS_NODEV,
    "noexec": mounts.MS_NOEXEC, "relatime": mounts.MS_RELATIME, "strictatime": mounts.MS_STRICTATIME,
    "noatime": mounts.MS_NOATIME, "nodiratime": mounts.MS_NODIRATIME, "sync": mounts.MS_SYNCHRONOUS,
}  # fmt: skip
_CLEARED = {"rw", "suid", "dev", "exec", "bind", "rbind", "async", "defaults"}
_PROPAGATION = {
    name: flag | recursion
    for prefix, recursion in (("", 0), ("r", mounts.MS_REC))
    for name, flag in (
        (f"{prefix}private", mounts.MS_PRIVATE),
        (f"{prefix}shared", mounts.MS_SHARED),
        (f"{prefix}slave", mounts.MS_SLAVE),
        (f"{prefix}unbindable", mounts.MS_UNBINDABLE),
    )
}
SPREADING = frozenset(("shared", "rshared", "slave", "rslave"))
"""Propagations by which mounts on the host are seen inside."""

_ATTRIBUTES = (
    (mounts.MS_RDONLY, mounts.MOUNT_ATTR_RDONLY),
    (mounts.MS_NOSUID, mounts.MOUNT_ATTR_NOSUID),
    (mounts.MS_NODEV, mounts.MOUNT_ATTR_NODEV),
    (mounts.MS_NOEXEC, mounts.MOUNT_ATTR_NOEXEC),
)


def parsed(options: Iterable[str]) -> tuple[int, list[int], list[str]]:
    """Part the options of a mount into flags, propagations, and what the file system itself is told."""
    flags, propagation, data = 0, [], []
    for option in options:
        if option in _FLAGS:
            flags |= _FLAGS[option]
        elif option in _PROPAGATION:
            propagation.append(_PROPAGATION[option])
        elif option not in _CLEARED:
            data.append(option)
    return flags, propagation, data


def copied(source: str, entry: Mapping[str, Any], *, recursive: bool) -> int:
    """Copy the mount that a bind is of, of the host's or of another mount namespace.

    A `subpath` is looked for inside of the source, and stays inside.
    """
    if entry.get("namespace"):
        return mounts.borrow_tree(entry["namespace"], source)
    try:
        if "subpath" not in entry:
            return mounts.clone_tree(source, recursive=recursive)
        root = os.open(source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            inner = open_in_root(root, os.fsencode(entry["subpath"]), os.O_PATH)
        finally:
            os.close(root)
        try:
            return mounts.clone_tree(inner, recursive=recursive)
        finally:
            os.close(inner)
    except OSError as error:
        what = f"error mounting {source} to {entry['destination']}"
        raise OSError(error.errno, f"{what}: {(error.strerror or '').lower()}") from None


def borrowed(entry: Mapping[str, Any]) -> int | None:
    """Copy the mount that another container has of the same thing, if one of the `lenders` still runs.

    Each is told by its pid, when that process began, and the path of the mount inside of it.
    """
    for pid, ticks, path in entry.get("lenders", ()):
        try:
            if start_time(pid) == ticks:
                tree = mounts.borrow_tree(f"/proc/{pid}/ns/mnt", path)
                # Whether it is read-only is each borrower's own business.
                mounts.set_attributes(tree, 0, clear=mounts.MOUNT_ATTR_RDONLY)
                return tree
        except OSError:
            # It has just ended, or has taken the path away.
            continue
    return None


def graft(tree: int, target: int, flags: int, *, below: bool) -> None:
    """Attach a copied mount; with `below`, what it has mounted below it is restricted too."""
    attributes = sum(attribute for flag, attribute in _ATTRIBUTES if flags & flag)
    try:
        if attributes:
            mounts.set_attributes(tree, attributes, recursive=below)
        mounts.attach(tree, target)
    finally:
        os.close(tree)
