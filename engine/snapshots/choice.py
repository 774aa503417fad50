"""Which snapshotter serves a store: asked of the kernel once, then remembered."""

from __future__ import annotations

import errno
import os

from engine.errors import InvalidInput
from engine.kernel import mounts, processes
from engine.paths import Paths
from engine.snapshots.overlay import Overlay, options
from engine.snapshots.protocol import Snapshotter

VARIABLE = "STACKYARD_SNAPSHOTTER"


def choose(paths: Paths) -> Snapshotter:
    """Return the overlay if this kernel grants one on this file system to this user, else copying.

    STACKYARD_SNAPSHOTTER=overlay|copy decides instead. Raises InvalidInput if it says anything else.
    """
    wanted = os.environ.get(VARIABLE)
    if wanted:
        return _named(wanted)
    circumstances = f"{os.uname().release} {os.stat(paths.root).st_dev} {os.geteuid()}"
    remembered, _, name = _recall(paths.snapshotter).rpartition(" ")
    if remembered == circumstances and name in ("overlay", "copy"):
        return _named(name)
    name = "overlay" if overlay_works(paths.ingest) else "copy"
    _remember(paths.snapshotter, f"{circumstances} {name}")
    return _named(name)


def made_by(directory: str, chosen: Snapshotter) -> Snapshotter:
    """Return the snapshotter that prepared `directory`, which need not be the one chosen today."""
    from engine.snapshots.copying import ORIGIN, Copying

    if os.path.exists(f"{directory}/{ORIGIN}"):
        return chosen if isinstance(chosen, Copying) else Copying()
    return Overlay() if isinstance(chosen, Copying) else chosen


def overlay_works(folder: str) -> bool:
    """Try a union below `folder`, without attaching it anywhere."""
    from engine.store.locks import Lock
    from engine.store.removal import remove_tree

    trial = f"{folder}/trial-{os.urandom(6).hex()}"
    try:
        os.mkdir(trial, 0o700)
        # Whoever opens the store meanwhile must not take the trial for something a crash left.
        with Lock(trial, create=False):
            try:
                return _try(trial)
            finally:
                remove_tree(trial)
    except OSError:
        return False


def _try(trial: str) -> bool:
    lower, upper, work = (f"{trial}/{name}" for name in ("lower", "upper", "work"))
    for name in (lower, upper, work):
        os.mkdir(name)
    # A file system without these attributes is mounted, and then cannot replace a directory.
    os.setxattr(upper, "trusted.overlay.test" if os.geteuid() == 0 else "user.overlay.test", b"y")
    os.mknod(f"{lower}/whiteout", 0o020000, 0)
    words: list[tuple[str, str | None]] = [("lowerdir", lower.replace("\\", "\\\\").replace(":", "\\:"))]
    for option in options(upper, work):
        key, _, value = option.partition("=")
        words.append((key, value or None))
    try:
        os.close(mounts.create("overlay", words))
    except OSError as error:
        return error.errno == errno.ENOSYS and _try_attached(trial)
    return True


def _try_attached(trial: str) -> bool:
    """Try mount(2), for kernels without fsopen(2), in a child whose mounts go when it does."""
    child = os.fork()
    if not child:
        code = 1
        try:
            processes.unshare(processes.CLONE_NEWNS)
            mounts.private_root()
            mounts.overlay([f"{trial}/lower"], f"{trial}/upper", f"{trial}/work", f"{trial}/lower")
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def _named(name: str) -> Snapshotter:
    if name == "overlay":
        return Overlay()
    if name != "copy":
        raise InvalidInput(f"{VARIABLE} is {name!r}", resolution="set it to overlay or copy, or unset it")
    from engine.snapshots.copying import Copying

    return Copying()


def _recall(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(1000)
    except (OSError, ValueError):
        return ""


def _remember(path: str, text: str) -> None:
    draft = f"{path}.{os.getpid()}"
    try:
        with open(draft, "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(draft, path)
    except OSError:
        # Then the next open asks the kernel again.
        return
