"""The plan of a base image: which of this machine's files go into it, each at its own path.

Links on the way (merged /usr, alternatives) come along as they are; a program brings its loader, its
libraries, its interpreter and, for the languages known here, its standard library. Owners become 0:0, and
set-id bits and the write bits of group and others are dropped, because the groups behind them stay at home.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
import stat
from collections.abc import Callable
from typing import NamedTuple

from engine.errors import NotFound, NotPermitted
from engine.images.base.elf import read_elf
from engine.images.base.loader import Loader
from engine.images.base.root import Root, Step

# A program's own data, as globs beside its prefix, by the name its links end at.
_COMPANIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"python(\d+\.\d+t?)", ("lib/python{1}", "lib64/python{1}")),
    (
        r"perl(5\.\S+)?",
        ("lib/perl5", "lib64/perl5", "share/perl5", "share/perl", "lib/*/perl-base", "lib/*/perl"),
    ),
    (r"ruby(\d+\.\d+)?", ("lib/ruby", "lib/*/ruby")),
    (r"git", ("lib/git-core", "libexec/git-core", "share/git-core")),
    (r"tclsh(\d+\.\d+)", ("share/tcltk/tcl{1}", "share/tcl{1}", "lib/tcl{1}")),
    (r"vim\S*", ("share/vim",)),
    (r"file", ("share/file", "share/misc", "lib/file")),
    (r"stdbuf", ("libexec/coreutils", "lib/coreutils")),
)
_LEFT_AT_HOME = frozenset(
    {"__pycache__", "test", "tests", "idlelib", "turtledemo", "tkinter", "ensurepip", "lib2to3"}
    | {"site-packages", "dist-packages"}
)
_SECRET = frozenset(f"/etc/{name}{end}" for name in ("shadow", "gshadow") for end in ("", "-"))
_WORDS_OF_ENV = re.compile(r"-\S*|[^\s=]+=\S*")

LEAVE = "run as root, or leave it out"


class Entry(NamedTuple):
    """One entry of the plan; `target`, `content` or `source` tells what it holds; a directory has none."""

    path: str
    mode: int
    target: str | None = None
    """A symbolic link's text."""
    content: bytes | None = None
    """The bytes of a file made here."""
    source: Step | None = None
    """The file it is copied from."""


class Harvest:
    """Gathers entries from `root`; `lookup` finds a program by its bare name."""

    def __init__(self, root: Root, lookup: Callable[[str], str | None]) -> None:
        self.root = root
        self.lookup = lookup
        self.entries: dict[str, Entry] = {}
        self._loaders: dict[str, Loader] = {}
        self._served: set[str] = set()

    def directory(self, path: str, mode: int | None = None) -> str:
        """Plan a directory and whatever leads to it; return its path without links."""
        here = "/"
        for part in path.strip("/").split("/"):
            here = self._planned(posixpath.join(here, part))
            self.entries.setdefault(here, Entry(here, 0o755))
        if mode is not None:
            self.entries[here] = Entry(here, mode)
        return here

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Plan a file made here."""
        folder, name = posixpath.split(path)
        path = posixpath.join(self.directory(folder), name)
        self.entries[path] = Entry(path, mode, content=content)

    def link(self, path: str, target: str) -> None:
        """Plan a symbolic link made here, unless the place is taken."""
        folder, name = posixpath.split(path)
        path = posixpath.join(self.directory(folder), name)
        self.entries.setdefault(path, Entry(path, 0o777, target=target))

    def bring(self, path: str) -> str:
        """Plan what is at `path` with everything that leads there; return its path without links.

        Raises:
            NotFound: when there is nothing.
        """
        try:
            steps = self.root.walk(path)
        except PermissionError:
            raise NotPermitted(f"{path} may not be read", resolution=LEAVE) from None
        except OSError:
            raise NotFound(f"{path} is not on this machine") from None
        for step in steps:
            if step.path in self.entries:
                continue
            mode = step.status.st_mode
            if step.target is not None:
                self.entries[step.path] = Entry(step.path, 0o777, target=step.target)
            elif stat.S_ISDIR(mode):
                self.entries[step.path] = Entry(step.path, mode & 0o755)
            elif stat.S_ISREG(mode):
                self.entries[step.path] = Entry(step.path, mode & 0o755, source=step)
        return self.root.real(path) or path

    def program(self, path: str) -> None:
        """Plan a program with all it needs to start; the plan is unchanged when something is missing.

        Raises:
            NotFound: when the program, its interpreter or a library is missing.
            NotPermitted: when it may not be read.
        """
        before, served = dict(self.entries), set(self._served)
        try:
            self._serve(self.bring(path))
        except (NotFound, NotPermitted):
            self.entries, self._served = before, served
            raise

    def tree(self, path: str, *, whole: bool, loader: Loader | None = None) -> None:
        """Plan a directory with all below it, and what the programs and shared objects in it need.

        What is not `whole` is a program's companion: its tests, caches and installed additions stay behind,
        and its scripts do not bring their interpreters. What is missing here for a file inside does not work
        here either.
        """
        real = self.bring(path)
        for name in self.root.names(real):
            here = f"{real}/{name}"
            step = self.root.find(here)
            if step is None or step.path in _SECRET:
                continue
            if not whole and (name in _LEFT_AT_HOME or name.endswith(".a")):
                continue
            if stat.S_ISDIR(step.status.st_mode) and step.path == here:
                self.tree(here, whole=whole, loader=loader)
                continue
            self.bring(here)
            if stat.S_ISREG(step.status.st_mode) and (step.status.st_mode & 0o111 or ".so" in name):
                with contextlib.suppress(NotFound):
                    self._serve(step.path, loader, scripts=whole)

    def _serve(self, path: str, loader: Loader | None = None, *, scripts: bool = True) -> None:
        """Bring what the program at `path`, a path without links, needs."""
        if path in self._served:
            return
        self._served.add(path)
        try:
            with self.root.open(path) as file:
                head = file.read(512)
        except OSError as error:
            raise NotPermitted(f"{path} may not be read: {error.strerror}", resolution=LEAVE) from None
        if head.startswith(b"#!"):
            if scripts:
                self._script(path, head)
        elif head.startswith(b"\x7fELF"):
            loader = self._loader(path) or loader or next(iter(self._loaders.values()), None)
            if loader:
                self._libraries(path, loader)
            self._companions(path, loader)

    def _script(self, path: str, head: bytes) -> None:
        words = os.fsdecode(head[2:].partition(b"\n")[0]).split()
        if not words:
            return
        self._serve(self.bring(words[0]))
        if posixpath.basename(words[0]) == "env":
            name = next((word for word in words[1:] if not _WORDS_OF_ENV.fullmatch(word)), None)
            found = self.lookup(name) if name else None
            if name and not found:
                raise NotFound(f"{path} needs the program {name}, which is not on this machine")
            if found:
                self._serve(self.bring(found))

    def _loader(self, path: str) -> Loader | None:
        with self.root.open(path) as file:
            elf = read_elf(file)
        if elf is None or elf.interpreter is None:
            return None
        if elf.interpreter not in self._loaders:
            self._loaders[elf.interpreter] = Loader(self.root, elf.interpreter)
        loader = self._loaders[elf.interpreter]
        self.bring(loader.interpreter)
        if loader.path_file and self.root.is_file(loader.path_file):
            self.bring(loader.path_file)
        return loader

    def _libraries(self, path: str, loader: Loader) -> None:
        for name, library in loader.libraries(path).items():
            real = self.bring(library.path)
            if not library.reachable:
                # The image has no ld.so.cache; a link beside the loader makes a library of /etc/ld.so.conf
                # found.
                self.link(f"{loader.home}/{name}", real)

    def libraries_named(self, names: tuple[str, ...]) -> None:
        """Bring libraries that are loaded at run time by name, where they exist beside a loader."""
        for loader in self._loaders.values():
            for name in names:
                path = f"{loader.home}/{name}"
                if self.root.is_file(path):
                    self._libraries(self.bring(path), loader)

    def _companions(self, path: str, loader: Loader | None) -> None:
        prefix, name = posixpath.dirname(posixpath.dirname(path)), posixpath.basename(path)
        for pattern, places in _COMPANIONS:
            match = re.fullmatch(pattern, name)
            if match is None:
                continue
            groups = [group or "" for group in match.groups()]
            for folder in (
                folder for place in places for folder in self._glob(prefix, place.format(name, *groups))
            ):
                self.tree(folder, whole=False, loader=loader)

    def _glob(self, prefix: str, place: str) -> list[str]:
        head, star, tail = place.partition("/*/")
        if not star:
            return [f"{prefix}/{place}"] if self.root.is_directory(f"{prefix}/{place}") else []
        home = f"{prefix}/{head}"
        folders = [f"{home}/{name}/{tail}" for name in self.root.names(home)]
        return [folder for folder in folders if self.root.is_directory(folder)]

    def _planned(self, path: str) -> str:
        """Return where `path` leads to inside the plan."""
        entry = self.entries.get(path)
        if entry is None or entry.target is None:
            return path
        return self._planned(posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.target)))
