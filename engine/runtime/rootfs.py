"""The container's view of the file system, made by its own first process in its own mount namespace.

Every path below the root is resolved by descriptor, inside the root, and every mount is made on a descriptor:
an image that swaps `/proc` or a mount point for a symbolic link moves the mount inside itself and nowhere
else (CVE-2021-30465, CVE-2025-31133).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.kernel import mounts
from engine.kernel.files import open_directory, open_in_root
from engine.kernel.mounts import Mount
from engine.runtime.attachments import Attachment, trees
from engine.runtime.binds import SPREADING, borrowed, copied, graft, parsed

_DEVICES = (
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
)
_LINKS = (
    ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),    ("core", "/proc/kcore"), ("ptmx", "pts/ptmx"),
)  # fmt: skip
_OWN = ("/proc", "/sys", "/dev")
_NULL = os.makedev(1, 3)
_LINKS_FOLLOWED = 40
_MISMATCH = (
    "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists"
    " and is the expected type"
)


ControlGroups = Sequence[tuple[str, str, str]]
"""(type, source, name below the mount point) of what stands for a mount of type cgroup."""


def assemble(
    rootfs: str,
    union: Iterable[Mount],
    spec: Mapping[str, Any],
    groups: ControlGroups,
    attachments: Iterable[Attachment] = (),
) -> None:
    """Mount everything the specification asks for below `rootfs`, and make that the root directory."""
    # Cut off from the host's, a mount could not be shared with it any more.
    spreading = {
        entry["destination"]: copied(entry["source"], entry, recursive="rbind" in entry["options"])
        for entry in spec.get("mounts", ())
        if SPREADING & set(entry.get("options", ()))
    }
    mounts.private_root()
    attached = list(trees(attachments, rootfs))
    for mount in union:
        mount_union(mount, rootfs)
    root = os.open(rootfs, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    for entry in spec.get("mounts", ()):
        mount_entry(root, entry, groups, spreading.get(entry["destination"]))
    _fill_dev(root, spec)
    for attachment, tree in attached:
        _attach(root, attachment.target, tree)
    linux = spec.get("linux", {})
    for path in linux.get("readonlyPaths", ()):
        _freeze(root, path)
    for path in linux.get("maskedPaths", ()):
        _mask(root, path)
    _provide_cwd(root, spec["process"]["cwd"])
    if spec.get("root", {}).get("readonly"):
        mounts.set_attributes(root, mounts.MOUNT_ATTR_RDONLY)
    os.close(root)
    _enter(rootfs)


def mount_union(mount: Mount, rootfs: str) -> None:
    """Mount the layers at a path of the caller's mount namespace."""
    if mount.type == "overlay":
        words = dict(word.partition("=")[::2] for word in mount.options)
        upper, work = words.pop("upperdir", None), words.pop("workdir", None)
        mounts.overlay(
            mount.lowers,
            upper,
            work,
            rootfs,
            [f"{key}={value}" if value else key for key, value in words.items()],
        )
    else:
        mounts.mount(mount.source, rootfs, None, mounts.MS_BIND | mounts.MS_REC)


def mount_entry(
    root: int, entry: Mapping[str, Any], groups: ControlGroups, tree: int | None = None
) -> None:
    """Mount one entry of the specification inside of a root."""
    kind, source, destination = entry.get("type", "bind"), entry.get("source", "none"), entry["destination"]
    flags, propagation, data = parsed(entry.get("options", ()))
    words = set(entry.get("options", ()))
    tree = borrowed(entry) if tree is None else tree
    bind = tree is not None or kind == "bind" or {"bind", "rbind"} & words
    if destination in _OWN:
        _refuse_link(root, destination)
    directory = True
    if bind:
        tree = copied(source, entry, recursive="rbind" in words) if tree is None else tree
        directory = stat.S_ISDIR(os.fstat(tree).st_mode)
    target = _mount_point(root, destination, directory=directory)
    where = f"/proc/self/fd/{target}"
    try:
        if stat.S_ISDIR(os.fstat(target).st_mode) != directory:
            raise OSError(errno.ENOTDIR, f"{os.strerror(errno.ENOTDIR).lower()}: {_MISMATCH}")
        if bind:
            assert tree is not None
            graft(tree, target, flags, below="rro" in words)
        elif kind == "cgroup":
            _mount_cgroups(root, destination, where, flags, groups)
        else:
            _mount_new(root, entry, where, ",".join(data) or None)
        for flag in propagation:
            _propagate(root, destination, flag)
    except OSError as error:
        raise OSError(error.errno, f"mounting {kind} at {destination}: {error.strerror}") from None
    finally:
        os.close(target)


def _mount_new(root: int, entry: Mapping[str, Any], where: str, data: str | None) -> None:
    """Mount a file system; with `rro` it is read-only here, and writable for those who borrow it."""
    flags, words = parsed(entry.get("options", ()))[0], entry.get("options", ())
    here_only = "rro" in words and "ro" not in words
    mounts.mount(entry["source"], where, entry["type"], flags & ~(mounts.MS_RDONLY * here_only), data)
    if here_only:
        top = open_in_root(root, os.fsencode(entry["destination"]), os.O_PATH)
        mounts.set_attributes(top, mounts.MOUNT_ATTR_RDONLY)
        os.close(top)


def _attach(root: int, path: str, tree: int) -> None:
    directory = stat.S_ISDIR(os.fstat(tree).st_mode)
    try:
        target = _mount_point(root, path, directory=directory)
        mounts.attach(tree, target)
        os.close(target)
    except OSError as error:
        raise OSError(error.errno, f"mounting {path}: {error.strerror}") from None
    os.close(tree)


def _propagate(root: int, destination: str, flag: int) -> None:
    """Set propagation on what is mounted there now: a descriptor from before still means what it covers."""
    top = open_in_root(root, os.fsencode(destination), os.O_PATH)
    mounts.mount(None, f"/proc/self/fd/{top}", None, flag)
    os.close(top)


def _mount_cgroups(root: int, destination: str, where: str, flags: int, groups: ControlGroups) -> None:
    """Version 2 alone is one mount.

    Beside version 1 it is a small tmpfs with the container's own directory of each hierarchy.
    """
    if [kind for kind, _, _ in groups] == ["cgroup2"]:
        return mounts.mount("cgroup", where, "cgroup2", flags)
    mounts.mount("cgroup", where, "tmpfs", flags & ~mounts.MS_RDONLY, "mode=755,size=64k")
    for _, directory, name in groups:
        target = _mount_point(root, f"{destination}/{name}", directory=True)
        graft(mounts.clone_tree(directory), target, flags & mounts.MS_RDONLY, below=False)
        os.close(target)
    top = open_in_root(root, os.fsencode(destination), os.O_PATH)
    if flags & mounts.MS_RDONLY:
        mounts.set_attributes(top, mounts.MOUNT_ATTR_RDONLY)
    os.close(top)
    return None


def _refuse_link(root: int, destination: str) -> None:
    """An image may not choose where its own /proc, /sys and /dev go."""
    try:
        mode = os.lstat(destination.lstrip("/"), dir_fd=root).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        raise OSError(errno.ENOTDIR, f"{destination} in the image is not a directory")


def _mount_point(root: int, path: str, *, directory: bool) -> int:
    """Open what is to be mounted on, making it where the image has none."""
    name = os.fsencode(path)
    try:
        return open_in_root(root, name, os.O_PATH)
    except FileNotFoundError:
        pass
    if directory:
        os.close(open_directory(root, name, _make_directory))
    else:
        _make_file(root, name)
    return open_in_root(root, name, os.O_PATH)


def _make_file(root: int, name: bytes) -> None:
    """Make an empty file; where the image has a link that leads nowhere, at the end of the link."""
    for _ in range(_LINKS_FOLLOWED):
        parent, _, last = name.rpartition(b"/")
        folder = open_directory(root, parent, _make_directory)
        try:
            flags = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.close(os.open(last, flags, 0o644, dir_fd=folder))
        except FileExistsError:
            link = os.readlink(last, dir_fd=folder)
        finally:
            os.close(folder)
        name = link if link.startswith(b"/") else parent + b"/" + link
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _make_directory(parent: int, name: bytes) -> None:
    os.mkdir(name, 0o755, dir_fd=parent)


def _provide_cwd(root: int, path: str) -> None:
    """Make the working directory where the image has none, as docker does, also below a read-only root."""
    try:
        os.close(open_directory(root, os.fsencode(path), _make_directory))
    except OSError as error:
        clash = error.errno in (errno.EEXIST, errno.ENOTDIR)
        problem = "not a directory" if clash else (error.strerror or "").lower()
        raise OSError(error.errno, f"cannot use {path} as the working directory: {problem}") from None


def _fill_dev(root: int, spec: Mapping[str, Any]) -> None:
    """Make the usual devices, unless there is no /dev or it is somebody's directory."""
    kinds = [entry.get("type") for entry in spec.get("mounts", ()) if entry["destination"] == "/dev"]
    if kinds != ["tmpfs"]:
        return
    folder = open_in_root(root, b"/dev", os.O_RDONLY | os.O_DIRECTORY)
    old_mask = os.umask(0)
    for name, major, minor in _DEVICES:
        os.mknod(name, stat.S_IFCHR | 0o666, os.makedev(major, minor), dir_fd=folder)
    for name, target in _LINKS:
        os.symlink(target, name, dir_fd=folder)
    for device in spec.get("linux", {}).get("devices", ()):
        _make_device(root, device)
    os.umask(old_mask)
    os.close(folder)


def _make_device(root: int, device: Mapping[str, Any]) -> None:
    """Make a node, unless it is there already, as the usual ones are, or one of our links."""
    parent, _, name = os.fsencode(device["path"]).rpartition(b"/")
    mode = (stat.S_IFBLK if device["type"] == "b" else stat.S_IFCHR) | device.get("fileMode", 0o666)
    number = os.makedev(device["major"], device["minor"])
    folder = open_directory(root, parent, _make_directory)
    try:
        os.mknod(name, mode, number, dir_fd=folder)
        os.chown(name, device.get("uid", 0), device.get("gid", 0), dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        found = os.lstat(name, dir_fd=folder) if error.errno == errno.EEXIST else None
        link = parent == b"/dev" and os.fsdecode(name) in dict(_LINKS)
        if found and (link or found.st_rdev == number):
            return
        raise OSError(error.errno, f"making the device {device['path']}: {error.strerror}") from None
    finally:
        os.close(folder)


def _freeze(root: int, path: str) -> None:
    try:
        target = open_in_root(root, os.fsencode(path), os.O_PATH)
    except FileNotFoundError:
        return
    try:
        tree = mounts.clone_tree(target, recursive=True)
        mounts.set_attributes(tree, mounts.MOUNT_ATTR_RDONLY)
        mounts.attach(tree, target)
        os.close(tree)
    finally:
        os.close(target)


def _mask(root: int, path: str) -> None:
    try:
        target = open_in_root(root, os.fsencode(path), os.O_PATH)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if stat.S_ISDIR(os.fstat(target).st_mode):
            options = (("source", "tmpfs"), ("size", "0k"), ("nr_inodes", "1"), ("mode", "755"))
            cover = mounts.create("tmpfs", options, attributes=mounts.MOUNT_ATTR_RDONLY)
        else:
            cover = _null_device(root)
        mounts.attach(cover, target)
        os.close(cover)
    finally:
        os.close(target)


def _null_device(root: int) -> int:
    """Clone the container's own null device, looked at twice.

    It is what `_fill_dev` made, or nothing (CVE-2025-31133).
    """
    null = open_in_root(root, b"/dev/null", os.O_PATH)
    found = os.fstat(null)
    if not stat.S_ISCHR(found.st_mode) or found.st_rdev != _NULL:
        raise OSError(errno.EPERM, "/dev/null is not the null device")
    try:
        return mounts.clone_tree(null)
    finally:
        os.close(null)


def _enter(rootfs: str) -> None:
    """Make `rootfs` the root and let go of the old one.

    Both are `.`, so no directory for the old root is needed.
    """
    os.chdir(rootfs)
    mounts.pivot_root(".", ".")
    mounts.mount(None, ".", None, mounts.MS_SLAVE | mounts.MS_REC)
    mounts.unmount(".", mounts.MNT_DETACH)
    os.chdir("/")
