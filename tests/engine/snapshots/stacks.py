"""Stacks of layers made by hand, and a look through the mounts that make a root of them."""

from __future__ import annotations

import os
import pickle
import stat
from collections.abc import Callable, Sequence
from typing import Any

from engine.kernel import mounts, processes
from engine.kernel.mounts import Mount


class Layer:
    """One layer's directory, filled by short calls."""

    def __init__(self, path: str) -> None:
        self.path = path
        os.makedirs(path)
        os.chmod(path, 0o755)

    def file(
        self, name: str, text: str = "", *, mode: int = 0o644, uid: int = 0, mtime: int = 1_000_000_007
    ) -> Layer:
        path = self._place(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chown(path, uid, uid)
        os.chmod(path, mode)
        os.utime(path, ns=(mtime, mtime))
        return self

    def directory(self, name: str, *, mode: int = 0o755, opaque: bool = False) -> Layer:
        path = self._place(name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        if opaque:
            os.setxattr(path, "trusted.overlay.opaque", b"y")
        return self

    def whiteout(self, name: str) -> Layer:
        os.mknod(self._place(name), stat.S_IFCHR, 0)
        return self

    def link(self, name: str, to: str) -> Layer:
        os.link(f"{self.path}/{to}", self._place(name), follow_symlinks=False)
        return self

    def symlink(self, name: str, to: str) -> Layer:
        os.symlink(to, self._place(name))
        return self

    def device(self, name: str, kind: int, major: int, minor: int) -> Layer:
        os.mknod(self._place(name), kind | 0o600, os.makedev(major, minor))
        return self

    def _place(self, name: str) -> str:
        path = f"{self.path}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path


def attach(union: Sequence[Mount], at: str) -> None:
    """Mount a root as a launcher would."""
    for mount in union:
        if mount.type == "overlay":
            words = dict(word.partition("=")[::2] for word in mount.options)
            upper, work = words.pop("upperdir"), words.pop("workdir")
            rest = [f"{key}={value}" if value else key for key, value in words.items()]
            mounts.overlay(mount.lowers, upper, work, at, rest)
        else:
            mounts.mount(mount.source, at, None, mounts.MS_BIND)


def inside(union: Sequence[Mount], at: str, look: Callable[[str], Any]) -> Any:
    """Mount a root at `at` in a mount namespace of its own, call `look(at)` there and return its result."""
    os.makedirs(at, exist_ok=True)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            processes.unshare(processes.CLONE_NEWNS)
            mounts.private_root()
            attach(union, at)
            result = look(at)
        except BaseException as error:
            result = error
        with open(writer, "wb") as pipe:
            pickle.dump(result, pipe)
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        result = pickle.load(pipe)
    os.waitpid(child, 0)
    if isinstance(result, BaseException):
        raise result
    return result


def picture(root: str) -> dict[str, tuple[object, ...]]:
    """Describe a tree completely: every path with what it is, whose, since when, and what is in it."""
    seen: dict[str, tuple[object, ...]] = {}
    links: dict[tuple[int, int], str] = {}
    pending = [""]
    while pending:
        place = pending.pop(0)
        path = root + place
        status = os.lstat(path)
        kind = stat.S_IFMT(status.st_mode)
        content: object = None
        if kind == stat.S_IFDIR:
            content = sorted(os.listdir(path))
            pending += [f"{place}/{name}" for name in sorted(os.listdir(path))]
        elif kind == stat.S_IFLNK:
            content = os.readlink(path)
        elif kind == stat.S_IFREG:
            with open(path, "rb") as file:
                content = file.read()
        names = [] if kind == stat.S_IFLNK else sorted(os.listxattr(path))
        extended = [(name, os.getxattr(path, name)) for name in names if "overlay" not in name]
        first = links.setdefault((status.st_dev, status.st_ino), place)
        nlink = status.st_nlink if kind != stat.S_IFDIR else 0
        size = status.st_size if kind == stat.S_IFREG else 0
        mtime = status.st_mtime_ns if place else 0
        seen[place or "/"] = (
            oct(status.st_mode),
            status.st_uid,
            status.st_gid,
            nlink,
            first,
            size,
            status.st_rdev,
            mtime,
            content,
            extended,
        )
    return seen
