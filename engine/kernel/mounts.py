"""Mounting: mount(2), the file-descriptor calls of mount_setattr(2) and fsopen(2), pivot_root(2)."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Sequence
from typing import NamedTuple

from engine.kernel.libc import NUMBER, syscall
from engine.kernel.processes import join_namespace

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC = 32, 4096, 8192, 16384
MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED = 1 << 17, 1 << 18, 1 << 19, 1 << 20
MS_RELATIME, MS_STRICTATIME, MS_NOATIME, MS_NODIRATIME, MS_SYNCHRONOUS = (
    1 << 21,
    1 << 24,
    1 << 10,
    1 << 11,
    16,
)
MNT_DETACH = 2

MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 1, 2, 4, 8

_AT_EMPTY_PATH, _AT_RECURSIVE = 0x1000, 0x8000
_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT, _MOUNT_SETATTR = 428, 429, 430, 431, 432, 442
_OPEN_TREE_CLONE = 1
_FSCONFIG_SET_FLAG, _FSCONFIG_SET_STRING, _FSCONFIG_CMD_CREATE = 0, 1, 6
_MOVE_MOUNT_F_EMPTY_PATH, _MOVE_MOUNT_T_EMPTY_PATH = 0x4, 0x40
_AT_FDCWD = -100


class Mount(NamedTuple):
    """One mount to be made, as the snapshotters hand them out and the launcher obeys them."""

    type: str
    """overlay, bind or any file system the kernel knows."""
    source: str
    target: str = ""
    """Below the root file system; empty is the root itself."""
    options: tuple[str, ...] = ()
    lowers: tuple[str, ...] = ()
    """For an overlay: the layers, topmost first."""


class _Attributes(ctypes.Structure):
    """struct mount_attr of mount_setattr(2)."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def mount(
    source: str | None, target: str, type: str | None = None, flags: int = 0, data: str | None = None
) -> None:
    """Call mount(2)."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, type, data)]
    syscall(NUMBER["mount"], words[0], words[1], words[2], flags, words[3])


def unmount(target: str, flags: int = 0) -> None:
    """Call umount2(2)."""
    syscall(NUMBER["umount2"], os.fsencode(target), flags)


def pivot_root(new: str, old: str) -> None:
    """Call pivot_root(2)."""
    syscall(NUMBER["pivot_root"], os.fsencode(new), os.fsencode(old))


def clone_tree(source: str | int, *, recursive: bool = False) -> int:
    """Copy the mount at a path, or behind a descriptor, without attaching it.

    Return its descriptor (open_tree(2)).
    """
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | (_AT_RECURSIVE if recursive else 0)
    if isinstance(source, int):
        return syscall(_OPEN_TREE, source, b"", flags | _AT_EMPTY_PATH)
    return syscall(_OPEN_TREE, _AT_FDCWD, os.fsencode(source), flags)


def borrow_tree(namespace: str, path: str) -> int:
    """Clone a mount of the mount namespace behind a /proc/PID/ns file; `path` may not end in a link.

    Only for a single-threaded process; it stands in its namespace's root afterwards.
    """
    own = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        join_namespace(namespace)
        try:
            there = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                return clone_tree(there)
            finally:
                os.close(there)
        finally:
            join_namespace(own)
    finally:
        os.close(own)


def set_attributes(descriptor: int, attributes: int, *, clear: int = 0, recursive: bool = False) -> None:
    """Set and clear MOUNT_ATTR_ flags on the mount behind a descriptor (mount_setattr(2), Linux 5.12)."""
    value = _Attributes(attributes, clear, 0, 0)
    flags = _AT_EMPTY_PATH | (_AT_RECURSIVE if recursive else 0)
    syscall(_MOUNT_SETATTR, descriptor, b"", flags, ctypes.byref(value), ctypes.sizeof(value))


def attach(descriptor: int, target: str | int) -> None:
    """Attach a detached mount at a path, or on the object behind a descriptor (move_mount(2))."""
    if isinstance(target, int):
        syscall(
            _MOVE_MOUNT, descriptor, b"", target, b"", _MOVE_MOUNT_F_EMPTY_PATH | _MOVE_MOUNT_T_EMPTY_PATH
        )
    else:
        syscall(_MOVE_MOUNT, descriptor, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH)


def create(type: str, options: Sequence[tuple[str, str | None]], *, attributes: int = 0) -> int:
    """Create a file system without attaching it.

    Return the descriptor of its mount (fsopen(2) … fsmount(2)).
    """
    context = syscall(_FSOPEN, type.encode(), 1)
    try:
        for key, value in options:
            kind = _FSCONFIG_SET_FLAG if value is None else _FSCONFIG_SET_STRING
            syscall(_FSCONFIG, context, kind, key.encode(), None if value is None else os.fsencode(value), 0)
        syscall(_FSCONFIG, context, _FSCONFIG_CMD_CREATE, None, None, 0)
        return syscall(_FSMOUNT, context, 1, attributes)
    finally:
        os.close(context)


def overlay(
    lowers: Sequence[str], upper: str | None, work: str | None, target: str, options: Sequence[str] = ()
) -> None:
    """Mount a union of directories, topmost first, at `target`; without `upper` it is read-only.

    Layers are handed over one at a time (`lowerdir+`, Linux 6.5), so that neither their number nor odd
    characters in their names meet the page that mount(2) has for its options; below 6.5 it falls back to
    mount(2) with short names relative to their folder.
    """
    try:
        descriptor = open_overlay(lowers, upper, work, options)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
            raise
        return _overlay_by_options(lowers, upper, work, target, options)
    try:
        attach(descriptor, target)
    finally:
        os.close(descriptor)


def volatile() -> tuple[str, ...]:
    """Give the option by which a union leaves syncing its upper directory to others, where there is one."""
    return ("volatile",) if tuple(map(int, os.uname().release.split(".")[:2])) >= (5, 10) else ()


def open_overlay(
    lowers: Sequence[str], upper: str | None = None, work: str | None = None, options: Sequence[str] = ()
) -> int:
    """Create a union without attaching it; return the descriptor of its root."""
    pairs: list[tuple[str, str | None]] = [("source", "overlay"), *(("lowerdir+", lower) for lower in lowers)]
    if upper is not None:
        # Unlike `lowerdir+`, these two are unescaped by the kernel.
        pairs += [("upperdir", _unslashed(upper)), ("workdir", _unslashed(work or ""))]
    for option in options:
        key, _, value = option.partition("=")
        pairs.append((key, value or None))
    return create("overlay", pairs)


def _unslashed(path: str) -> str:
    return path.replace("\\", "\\\\")


def _overlay_by_options(
    lowers: Sequence[str], upper: str | None, work: str | None, target: str, options: Sequence[str]
) -> None:
    base = os.path.commonpath([os.path.dirname(lower) for lower in lowers])
    names = ":".join(_escaped(os.path.relpath(lower, base)) for lower in lowers)
    words = [f"lowerdir={names}"]
    if upper is not None and work is not None:
        words += [f"upperdir={_escaped(upper)}", f"workdir={_escaped(work)}"]
    here = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.chdir(base)
        mount("overlay", target, "overlay", 0, ",".join([*words, *options]))
    finally:
        os.fchdir(here)
        os.close(here)


def _escaped(path: str) -> str:
    for character in ("\\", ":", ","):
        path = path.replace(character, f"\\{character}")
    return path


def private_root(propagation: int = MS_SLAVE) -> None:
    """Cut the caller's mount namespace off, so that nothing mounted here is seen outside."""
    mount(None, "/", None, MS_REC | propagation, None)
