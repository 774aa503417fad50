"""What a container gets mounted besides its specification's own: trees of layers, folders, files kept in
memory.

Each is made as a detached tree while the host's paths are still there, and attached by `rootfs` once the
root is. The caller is the container's first process, in its own mount namespace.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from engine.kernel import mounts
from engine.kernel.files import magic_path, open_in_root
from engine.kernel.mounts import MNT_DETACH, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY

_SPARE_BYTES = 1 << 20
"""How much a program may add to the files that it was given."""


class Attachment(NamedTuple):
    """One such mount."""

    kind: str
    """`tree` (of one folder or of a stack of layers), `file` or `tmpfs`."""
    target: str
    """Inside the container, absolute; made where the image has nothing there."""
    layers: tuple[str, ...] = ()
    """The tree's: absolute paths on the host, topmost first. A single one may be any kind of file."""
    inner: str = ""
    """The path inside of the tree that is mounted, resolved as if the tree were the root."""
    writable: bool = True
    scratch: str = ""
    """An empty folder that takes what is written to a tree which must not change itself; empty: none."""
    content: bytes = b""
    """The file's."""
    mode: int = 0o644
    """The file's, with its owner."""
    uid: int = 0
    gid: int = 0
    options: tuple[tuple[str, str], ...] = ()
    """The tmpfs's, as fsconfig(2) takes them."""


def trees(attachments: Iterable[Attachment], place: str) -> Iterator[tuple[Attachment, int]]:
    """Make each tree and yield its descriptor; `place` is an empty folder to mount on meanwhile.

    Raises OSError that names the target.
    """
    wanted = list(attachments)
    files = iter(_files([attachment for attachment in wanted if attachment.kind == "file"], place))
    for attachment in wanted:
        yield attachment, next(files) if attachment.kind == "file" else _made(attachment, place)


def _files(files: Sequence[Attachment], place: str) -> list[int]:
    """Make the trees of all files, which share one file system."""
    if not files:
        return []
    _keep_in_memory(files, place)
    try:
        return [_restricted(file, mounts.clone_tree(f"{place}/{n}")) for n, file in enumerate(files)]
    finally:
        mounts.unmount(place, MNT_DETACH)


def _made(attachment: Attachment, place: str) -> int:
    try:
        if attachment.kind == "tmpfs":
            tree = mounts.create("tmpfs", attachment.options, attributes=MOUNT_ATTR_NOSUID)
        else:
            tree = _tree(attachment, place)
        return _restricted(attachment, tree)
    except OSError as error:
        raise OSError(error.errno, f"mounting {attachment.target}: {error.strerror}") from None


def _restricted(attachment: Attachment, tree: int) -> int:
    if not attachment.writable:
        mounts.set_attributes(tree, MOUNT_ATTR_RDONLY)
    return tree


def _keep_in_memory(files: Sequence[Attachment], place: str) -> None:
    """Write the files to a file system that never touches a disk, mounted at `place`."""
    size = sum(len(file.content) for file in files) + _SPARE_BYTES
    mounts.mount("tmpfs", place, "tmpfs", mounts.MS_NOSUID | mounts.MS_NODEV, f"mode=700,size={size}")
    for number, file in enumerate(files):
        descriptor = os.open(f"{place}/{number}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, file.content)
            os.fchown(descriptor, file.uid, file.gid)
            os.fchmod(descriptor, file.mode)
        finally:
            os.close(descriptor)


def _tree(attachment: Attachment, place: str) -> int:
    if len(attachment.layers) == 1 and not attachment.scratch:
        return _part(attachment.layers[0], attachment.inner)
    rootless = ("userxattr",) if os.geteuid() else ()
    if attachment.scratch:
        upper, work = (f"{attachment.scratch}/{name}" for name in ("upper", "work"))
        os.mkdir(upper, 0o755)
        os.mkdir(work, 0o755)
        mounts.overlay(attachment.layers, upper, work, place, (*mounts.volatile(), *rootless))
    else:
        mounts.overlay(attachment.layers, None, None, place, rootless)
    try:
        return _part(place, attachment.inner)
    finally:
        mounts.unmount(place, MNT_DETACH)


def _part(path: str, inner: str) -> int:
    """Clone what lies at `inner` below `path`, links resolved inside of it."""
    root = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not inner.strip("/"):
            return mounts.clone_tree(magic_path(root))
        found = open_in_root(root, os.fsencode(inner.lstrip("/")), os.O_PATH)
        try:
            return mounts.clone_tree(found)
        finally:
            os.close(found)
    finally:
        os.close(root)
