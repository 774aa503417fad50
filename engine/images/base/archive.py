"""The plan as a tar stream: sorted, owned by 0:0, times in whole seconds; one plan gives the same bytes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from typing import BinaryIO

from engine.errors import NotPermitted
from engine.images.base.harvest import LEAVE, Entry
from engine.images.base.root import Root, Step


def write_archive(
    out: BinaryIO,
    root: Root,
    entries: dict[str, Entry],
    time: int,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write every entry, directories before what they hold; return the bytes of regular files.

    `time` (seconds since the epoch) is given to whatever is made here and to directories. `progress` is told
    the bytes of file content written so far. Names of one file on this machine stay names of one file (hard
    links).
    """
    first: dict[tuple[int, int], str] = {}
    written = 0
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT, errors="surrogateescape") as tar:
        for path in sorted(entries, key=lambda path: path.split("/")):
            entry = entries[path]
            info = tarfile.TarInfo(path.lstrip("/"))
            info.mode, info.mtime = entry.mode, time
            if entry.source is not None:
                info.mtime = int(entry.source.status.st_mtime)
                written += _write_copy(tar, info, root, entry.source, first)
                if progress:
                    progress(written)
            elif entry.content is not None:
                info.size = len(entry.content)
                tar.addfile(info, io.BytesIO(entry.content))
                written += info.size
            else:
                info.type = tarfile.SYMTYPE if entry.target is not None else tarfile.DIRTYPE
                info.linkname = entry.target or ""
                tar.addfile(info)
    return written


def _write_copy(
    tar: tarfile.TarFile, info: tarfile.TarInfo, root: Root, source: Step, first: dict[tuple[int, int], str]
) -> int:
    status = source.status
    name = first.setdefault((status.st_dev, status.st_ino), info.name)
    if name != info.name:
        info.type, info.linkname = tarfile.LNKTYPE, name
        tar.addfile(info)
        return 0
    try:
        file = root.open(source.path)
    except PermissionError:
        raise NotPermitted(f"{source.path} may not be read", resolution=LEAVE) from None
    with file:
        info.size = status.st_size
        tar.addfile(info, file)
    return info.size
