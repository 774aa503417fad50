"""The union by the kernel: overlayfs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from engine.errors import from_os
from engine.kernel.mounts import Mount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.layers.changes import Change

OPTIONS = ("redirect_dir=nofollow", "metacopy=off", "index=off")
"""Whatever this kernel's defaults: the upper directory must be a layer that every tool understands."""


def options(upper: str, work: str) -> tuple[str, ...]:
    """Return every mount option of a union that writes to `upper`."""
    # Without CAP_SYS_ADMIN in the first user namespace the trusted attributes are out of reach.
    rootless = ("userxattr",) if os.geteuid() else ()
    return (f"upperdir={upper}", f"workdir={work}", *OPTIONS, *rootless)


class Overlay:
    """Keep what is written in `upper`; the layers are shared by whoever stands on them."""

    name = "overlay"

    def prepare(self, directory: str, lowers: Sequence[str]) -> tuple[Mount, ...]:
        """Make the two directories; see `Snapshotter`."""
        upper, work = f"{directory}/upper", f"{directory}/work"
        try:
            make_upper(upper, lowers)
            os.mkdir(work, 0o700)
        except OSError as error:
            raise from_os(error, "cannot prepare a writable layer") from error
        if not lowers:
            return (Mount("bind", upper),)
        return (Mount("overlay", "overlay", options=options(upper, work), lowers=tuple(lowers)),)

    def changes(self, directory: str, lowers: Sequence[str]) -> Iterator[Change]:
        """Read them off the writable layer; see `Snapshotter`."""
        from engine.layers.changes import changes

        return changes(f"{directory}/upper", lowers)

    def usage(self, directory: str) -> int:
        """Measure the writable layer; see `Snapshotter`."""
        from engine.store.usage import tree_size

        return tree_size(f"{directory}/upper")

    def remove(self, directory: str) -> None:
        """Delete both directories; see `Snapshotter`."""
        from engine.store.removal import remove_tree

        try:
            remove_tree(f"{directory}/upper")
            remove_tree(f"{directory}/work")
        except OSError as error:
            raise from_os(error, "cannot remove a writable layer") from error


def make_upper(upper: str, lowers: Sequence[str]) -> None:
    """Make the directory that stands for the root: the union takes its owner and mode from here."""
    os.mkdir(upper, 0o755)
    if not lowers:
        os.chmod(upper, 0o755)
        return
    status = os.stat(lowers[0])
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(upper, status.st_uid, status.st_gid)
    os.chmod(upper, status.st_mode & 0o7777)
