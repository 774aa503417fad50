"""A directory read as a root file system: every symbolic link is followed inside it."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from typing import BinaryIO, NamedTuple

_MOST_LINKS = 40


class Step(NamedTuple):
    """One place passed on the way to a path: a directory, a symbolic link, or the end of the way."""

    path: str
    status: os.stat_result
    target: str | None
    """What the symbolic link says, for a link."""


class Root:
    """A root file system at `prefix` ("" or "/" is this machine's own); paths are absolute inside it."""

    def __init__(self, prefix: str = "/") -> None:
        self.prefix = prefix.rstrip("/")
        self._known: dict[str, Step] = {}

    @property
    def own(self) -> bool:
        """Say whether this is the root file system of the running machine."""
        return not self.prefix

    def walk(self, path: str) -> list[Step]:
        """Return every step to `path`, links followed.

        Raises:
            OSError: when a step is missing, is no directory, or the links go in circles.
        """
        return self._walk(path)[1]

    def find(self, path: str) -> Step | None:
        """Return what `path` leads to, which is never a link, or None when it leads nowhere."""
        try:
            return self._step(self._walk(path)[0])
        except OSError:
            return None

    def real(self, path: str) -> str | None:
        """Return the path without links, or None when nothing is there."""
        step = self.find(path)
        return step.path if step else None

    def is_file(self, path: str) -> bool:
        """Say whether a regular file is there."""
        step = self.find(path)
        return step is not None and stat.S_ISREG(step.status.st_mode)

    def is_program(self, path: str) -> bool:
        """Say whether an executable regular file is there."""
        step = self.find(path)
        return step is not None and stat.S_ISREG(step.status.st_mode) and bool(step.status.st_mode & 0o111)

    def is_link(self, path: str) -> bool:
        """Say whether `path` itself is a symbolic link."""
        folder = self.real(posixpath.dirname(path))
        try:
            return (
                folder is not None
                and self._step(posixpath.join(folder, posixpath.basename(path))).target is not None
            )
        except OSError:
            return False

    def is_directory(self, path: str) -> bool:
        """Say whether a directory is there."""
        step = self.find(path)
        return step is not None and stat.S_ISDIR(step.status.st_mode)

    def names(self, path: str) -> list[str]:
        """Return the sorted names in a directory; none when it cannot be read."""
        real = self.real(path)
        if real is None:
            return []
        try:
            return sorted(os.listdir(self.prefix + real))
        except OSError:
            return []

    def open(self, path: str) -> BinaryIO:
        """Open the file at `path` for reading.

        Raises:
            OSError: when it is missing or may not be read.
        """
        real = self.real(path)
        if real is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return open(self.prefix + real, "rb")

    def _walk(self, path: str) -> tuple[str, list[Step]]:
        here, links = "/", 0
        steps: list[Step] = []
        rest = _parts(path)[::-1]
        while rest:
            name = rest.pop()
            if name == "..":
                here = posixpath.dirname(here)
                continue
            step = self._step(posixpath.join(here, name))
            steps.append(step)
            if step.target is None:
                if rest and not stat.S_ISDIR(step.status.st_mode):
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
                here = step.path
                continue
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            rest.extend(_parts(step.target)[::-1])
            if step.target.startswith("/"):
                here = "/"
        return here, steps

    def _step(self, path: str) -> Step:
        step = self._known.get(path)
        if step is None:
            status = os.lstat(self.prefix + path)
            target = os.readlink(self.prefix + path) if stat.S_ISLNK(status.st_mode) else None
            step = self._known[path] = Step(path, status, target)
        return step


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
