"""The merged tree of a stack of layers as inputs, for `--from`."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence

from engine.build.context.scratch import Scratch
from engine.build.context.tree import Tree
from engine.errors import from_os
from engine.kernel import files, mounts
from engine.paths import Paths
from engine.snapshots import union

_NO_OVERLAY = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EINVAL, errno.ENODEV, errno.EOPNOTSUPP)


class Layered(Tree):
    """A stack of layers; they do not change, so what was read once is known for good."""

    def __init__(self, lowers: Sequence[str], paths: Paths) -> None:
        """`lowers` are the layers' directories, topmost first. Raises EngineError."""
        from hashlib import sha256

        self._scratch: Scratch | None = None
        key = sha256(os.fsencode("\0".join(lowers))).hexdigest()[:32]
        super().__init__(self._open(lowers, paths), "", place=f"{paths.digests}/{key}", owners=True)

    def close(self) -> None:
        """Remember what was read, and let the tree go."""
        super().close()
        if self._scratch is not None:
            self._scratch.close()

    def _open(self, lowers: Sequence[str], paths: Paths) -> int:
        try:
            if len(lowers) > 1:
                return mounts.open_overlay(lowers)
            if lowers:
                return os.open(lowers[0], files.DIRECTORY)
        except OSError as error:
            if error.errno not in _NO_OVERLAY:
                raise from_os(error, "cannot look into the layers") from error
        self._scratch = Scratch(paths)
        folder = self._scratch.directory()
        try:
            if lowers:
                _gather(union.root_of(lowers), folder)
            return os.open(folder, files.DIRECTORY)
        except OSError as error:
            self._scratch.close()
            raise from_os(error, "cannot look into the layers") from error


def _gather(node: union.Node, folder: str) -> None:
    """Make the merged tree of hard links: the way where no overlay can be had."""
    pending, made = [(node, folder)], []
    while pending:
        here, place = pending.pop()
        made.append((place, here.status))
        for name, child in union.children(here).items():
            below = f"{place}/{name}"
            if child.is_directory:
                os.mkdir(below)
                pending.append((child, below))
            else:
                os.link(child.path, below, follow_symlinks=False)
    for place, status in reversed(made):
        os.chown(place, status.st_uid, status.st_gid)
        os.chmod(place, stat.S_IMODE(status.st_mode))
        os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
