"""Looking into a container's root from outside without mounting it anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from engine.kernel import mounts
from engine.kernel.mounts import Mount


@contextmanager
def opened(union: Sequence[Mount], *, write: bool = False) -> Iterator[int]:
    """Yield a descriptor of the merged root directory, read-only unless one is to `write`.

    An overlay is created but never attached, so no path leads to it and the kernel forgets it with the
    descriptor. Whoever writes sees to it that nobody else mounts the writable layer meanwhile.
    """
    root = _writable(union[0]) if write else _open(union[0])
    try:
        yield root
    finally:
        os.close(root)


def _open(mount: Mount) -> int:
    if mount.type != "overlay":
        return os.open(mount.source, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    upper = next(
        (option.removeprefix("upperdir=") for option in mount.options if option.startswith("upperdir=")), ""
    )
    layers = [*([upper] if upper else []), *mount.lowers]
    if len(layers) == 1:
        return os.open(layers[0], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    # The writable layer may be another mount's, of a container that runs: an index would forbid that.
    return mounts.open_overlay(layers, options=("index=off", *(("userxattr",) if os.geteuid() else ())))


def _writable(mount: Mount) -> int:
    if mount.type != "overlay":
        return _open(mount)
    words = dict(word.partition("=")[::2] for word in mount.options)
    upper, work = words.pop("upperdir"), words.pop("workdir")
    return mounts.open_overlay(
        mount.lowers, upper, work, [f"{key}={value}" if value else key for key, value in words.items()]
    )
