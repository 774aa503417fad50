"""Looking around in a stack of layers, a directory at a time: where each name comes from, and what it hides.

Layers are counted from 1, the base. Every directory is opened from the one above it, and no link is followed:
a stack whose uppermost layer is being written to may be looked at.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Literal, NamedTuple

from engine.errors import EngineError, NotFound, from_os
from engine.kernel import files
from engine.snapshots.union import is_whiteout

Mark = Literal["", "added", "changed", "copied up", "removed"]
Nature = Literal["directory", "file", "link", "device", "pipe", "socket"]

_NATURES: dict[int, Nature] = {
    stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}  # fmt: skip
_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")
_BELOW = files.DIRECTORY | os.O_NOFOLLOW


class Item(NamedTuple):
    """One name in a directory."""

    name: str
    nature: Nature
    size: int
    mode: int
    uid: int
    gid: int
    mtime: float
    link: str = ""
    mark: Mark = ""
    layer: int = 0
    shadows: tuple[int, ...] = ()
    hidden: int = 0


class _Part(NamedTuple):
    """One layer's share of a merged directory."""

    layer: int
    descriptor: int


class _Form(NamedTuple):
    """What one layer has under a name."""

    layer: int
    status: os.stat_result


class Browser:
    """A tree to look around in.

    With `marked`, what the uppermost layer did to each name is told. With `alone`, only what it brings is
    shown. With `whole`, it holds the entire tree, as the copying snapshotter's does.
    """

    def __init__(
        self, layers: Sequence[str], *, marked: bool = False, alone: bool = False, whole: bool = False
    ) -> None:
        self._layers = layers
        self._top = len(layers)
        self._marked, self._alone, self._whole = marked or alone, alone, whole

    def list(self, path: str) -> Sequence[Item]:
        """Read one directory, names in order. Raises NotFound, NotPermitted."""
        try:
            with self._opened(path) as (parts, gone):
                forms = _forms(parts)
                found = [self._item(name, forms[name], parts, gone) for name in sorted(forms)]
        except OSError as error:
            raise _said(error, path) from error
        return [item for item in found if item is not None]

    def read(self, path: str, start: int, count: int) -> bytes:
        """Read a part of a regular file. Raises NotFound, NotPermitted."""
        folder, _, name = _plain(path).rpartition("/")
        try:
            with self._opened(folder) as (parts, _):
                for part in parts:
                    status = _status(part.descriptor, name)
                    if status is not None and stat.S_ISREG(status.st_mode):
                        return _read(part.descriptor, name, start, count)
                    if status is not None and not (self._shown_removed(part, status)):
                        break
        except OSError as error:
            raise _said(error, path) from error
        raise NotFound(f"{path} is no file to look into")

    def close(self) -> None:
        """Let go of it."""

    def _shown_removed(self, part: _Part, status: os.stat_result) -> bool:
        return self._marked and part.layer == self._top and is_whiteout(status)

    @contextmanager
    def _opened(self, path: str) -> Iterator[tuple[Sequence[_Part], bool]]:
        """Open the directories that merge at a path, the uppermost first.

        Tell also whether the uppermost layer hides what the others have there.
        """
        with ExitStack() as stack:

            def hold(descriptor: int) -> int:
                stack.callback(os.close, descriptor)
                return descriptor

            parts: Sequence[_Part] = [
                _Part(number, hold(os.open(self._layers[number - 1], files.DIRECTORY)))
                for number in range(self._top, 0, -1)
            ]
            gone = False
            for name in filter(None, _plain(path).split("/")):
                parts, hides = self._into(parts, name, hold)
                gone = gone or hides
            yield parts, gone

    def _into(
        self, parts: Sequence[_Part], name: str, hold: Callable[[int], int]
    ) -> tuple[Sequence[_Part], bool]:
        """Open the directory of a name; one that is gone can be looked into as it was before."""
        found = []
        gone = False
        for part in parts:
            status = _status(part.descriptor, name)
            if status is None:
                continue
            if self._shown_removed(part, status):
                gone = True
                continue
            if not stat.S_ISDIR(status.st_mode):
                break
            found.append(_Part(part.layer, hold(os.open(name, _BELOW, dir_fd=part.descriptor))))
            if _is_opaque(found[-1].descriptor):
                gone = self._marked and part.layer == self._top
                if not gone:
                    break
        if not found:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return found, gone

    def _item(
        self, name: str, forms: Sequence[_Form], parts: Sequence[_Part], gone: bool
    ) -> Item | None:
        top = forms[0] if forms[0].layer == self._top and self._marked else None
        below = _visible(forms[1:] if top else forms)
        if top is None and (gone or (self._whole and self._marked)):
            return self._gone(name, below, parts)
        if top is None and self._alone:
            return None
        if top is None:
            return self._bare(name, below, forms, parts) if below else None
        if is_whiteout(top.status):
            return self._gone(name, below, parts)
        if below is None:
            return self._bare(name, top, forms, parts)._replace(mark="added")
        same = not _differs(below.status, top.status)
        if self._whole and same:
            return _made(name, below, parts, ())
        mark: Mark = "copied up" if same and not stat.S_ISDIR(top.status.st_mode) else "changed"
        return self._bare(name, top, forms, parts)._replace(mark=mark)

    def _gone(self, name: str, below: _Form | None, parts: Sequence[_Part]) -> Item | None:
        if below is None:
            return None
        return _made(name, below, parts, (below,))._replace(mark="removed", layer=self._top)

    def _bare(self, name: str, form: _Form, forms: Sequence[_Form], parts: Sequence[_Part]) -> Item:
        hides = not stat.S_ISDIR(form.status.st_mode)
        lower = [one for one in forms if one.layer < form.layer and not is_whiteout(one.status)]
        return _made(
            name, form, parts, [one for one in lower if hides or not stat.S_ISDIR(one.status.st_mode)]
        )


def _plain(path: str) -> str:
    """Take out what climbs: `..` stops at the root, as everywhere."""
    return posixpath.normpath(f"//{path}").lstrip("/")


def _forms(parts: Sequence[_Part]) -> dict[str, list[_Form]]:
    """List every form of every name, the uppermost first."""
    found: dict[str, list[_Form]] = {}
    for part in parts:
        with os.scandir(part.descriptor) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # it went away meanwhile
                found.setdefault(entry.name, []).append(_Form(part.layer, status))
    return {name: forms for name, forms in found.items() if forms}


def _visible(forms: Sequence[_Form]) -> _Form | None:
    return None if not forms or is_whiteout(forms[0].status) else forms[0]


def _made(name: str, form: _Form, parts: Sequence[_Part], hidden: Sequence[_Form]) -> Item:
    layer, status = form
    nature = _NATURES.get(stat.S_IFMT(status.st_mode), "device")
    link = ""
    if nature == "link":
        part = next(part for part in parts if part.layer == layer)
        try:
            link = os.readlink(name, dir_fd=part.descriptor)
        except OSError:
            link = "?"
    return Item(
        name,
        nature,
        0 if nature == "directory" else status.st_size,
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_mtime,
        link,
        "",
        layer,
        tuple(one.layer for one in hidden),
        sum(one.status.st_size for one in hidden if stat.S_ISREG(one.status.st_mode)),
    )


def _differs(old: os.stat_result, new: os.stat_result) -> bool:
    if (old.st_mode, old.st_uid, old.st_gid) != (new.st_mode, new.st_uid, new.st_gid):
        return True
    if stat.S_ISDIR(new.st_mode):
        return old.st_mtime_ns != new.st_mtime_ns
    return (old.st_rdev, old.st_size, old.st_mtime_ns) != (new.st_rdev, new.st_size, new.st_mtime_ns)


def _status(directory: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_opaque(descriptor: int) -> bool:
    for name in _OPAQUE:
        try:
            if os.getxattr(descriptor, name) == b"y":
                return True
        except OSError:
            continue  # not set, or not for us to see
    return False


def _read(directory: int, name: str, start: int, count: int) -> bytes:
    here = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(here).st_mode):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return os.pread(here, count, start)
    finally:
        os.close(here)


def _said(error: OSError, path: str) -> EngineError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
        return NotFound(f"{path or '/'} is not there any more")
    return from_os(OSError(error.errno, error.strerror), f"cannot look into {path or '/'}")
