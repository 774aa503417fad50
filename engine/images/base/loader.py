"""Where the dynamic loader finds a library: ld.so(8) for glibc, the search of musl's ldso for musl."""

from __future__ import annotations

import fnmatch
import os
import posixpath

from engine.errors import NotFound
from engine.images.base.elf import Elf, read_elf
from engine.images.base.root import Root

_MUSL_OWN = ("libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet.")
"""Names musl's loader answers itself, without a file."""


class Library:
    """One library of a program: where it lies, and whether a loader without a cache finds it there."""

    def __init__(self, path: str, reachable: bool) -> None:
        self.path = path
        self.reachable = reachable


class Loader:
    """The loader a program names (PT_INTERP), and the directories it searches."""

    def __init__(self, root: Root, interpreter: str) -> None:
        self.root = root
        self.interpreter = interpreter
        real = root.real(interpreter)
        if real is None:
            raise NotFound(f"the loader {interpreter} is not on this machine")
        self.home = posixpath.dirname(real)
        self.musl = "ld-musl-" in posixpath.basename(interpreter)
        self.path_file = (
            f"/etc/{posixpath.basename(interpreter).removesuffix('.so.1')}.path" if self.musl else None
        )
        self.default = self._default()
        self.configured = () if self.musl else tuple(_configured(root, "/etc/ld.so.conf"))
        self._elves: dict[str, Elf | None] = {}

    def libraries(self, program: str) -> dict[str, Library]:
        """Return every library `program` loads at its start, by the name it is asked for.

        Breadth first, as the loader does: a name that is loaded serves everyone who asks for it later.

        Raises:
            NotFound: when a library is missing.
        """
        loaded: dict[str, Library] = {}
        queue: list[tuple[str, tuple[str, ...]]] = [(program, ())]
        for path, inherited in queue:
            elf = self.elf(path)
            if elf is None:
                continue
            passed, before = self._before(elf, path, inherited)
            for name in elf.needed:
                if name in loaded:
                    continue
                library = self._library(name, elf, path, before)
                if library is not None:
                    loaded[name] = library
                    queue.append((library.path, passed))
        return loaded

    def elf(self, path: str) -> Elf | None:
        """Read the binary at `path`, once."""
        if path not in self._elves:
            try:
                with self.root.open(path) as file:
                    self._elves[path] = read_elf(file)
            except OSError:
                self._elves[path] = None
        return self._elves[path]

    def _before(
        self, elf: Elf, path: str, inherited: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the folders that a binary's libraries inherit, and those asked before the system's."""
        if self.musl:
            # RUNPATH replaces RPATH, and either is inherited (ldso/dynlink.c, decode_dyn and load_library).
            folders = self._expand(elf.runpath or elf.rpath, path) + inherited
            return folders, folders
        if elf.runpath:
            return inherited, self._expand(elf.runpath, path)
        folders = self._expand(elf.rpath, path) + inherited
        return folders, folders

    def _library(self, name: str, wanted: Elf, asker: str, before: tuple[str, ...]) -> Library | None:
        if "/" in name:
            places = [(posixpath.join("/", name), True)]
        else:
            places = [(f"{folder}/{name}", True) for folder in before]
            places += [
                (f"{folder}/{name}", self._reachable(folder)) for folder in self.configured + self.default
            ]
        for path, reachable in places:
            found = self.elf(path)
            if found is not None and found.machine == wanted.machine:
                return Library(path, reachable)
        if self.musl and name.startswith(_MUSL_OWN):
            return None
        if posixpath.basename(self.interpreter) == name:
            return Library(self.interpreter, True)
        raise NotFound(f"{asker} needs the library {name}, which is not on this machine")

    def _expand(self, folders: tuple[str, ...], asker: str) -> tuple[str, ...]:
        origins = dict.fromkeys(posixpath.dirname(path) for path in (asker, self.root.real(asker) or asker))
        libs = dict.fromkeys((self.home.lstrip("/").removeprefix("usr/"), "lib64", "lib"))
        found: dict[str, None] = {}
        for folder in folders:
            for origin in origins if "ORIGIN" in folder else ("",):
                for lib in libs if "LIB" in folder else ("",):
                    text = folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
                    found[text.replace("${LIB}", lib).replace("$LIB", lib)] = None
        return tuple(folder for folder in found if folder.startswith("/"))

    def _default(self) -> tuple[str, ...]:
        """Return the directories built into the loader, told by where the loader itself lies."""
        if self.path_file and self.root.is_file(self.path_file):
            with self.root.open(self.path_file) as file:
                folders = os.fsdecode(file.read()).replace("\n", ":").split(":")
            return tuple(filter(None, folders))
        if self.musl:
            return ("/lib", "/usr/local/lib", "/usr/lib")
        base = posixpath.basename(self.home)
        if "-linux-" in base:
            return (f"/lib/{base}", f"/usr/lib/{base}", "/lib", "/usr/lib")
        if base == "lib64":
            return ("/lib64", "/usr/lib64", "/lib", "/usr/lib")
        return tuple(dict.fromkeys((self.home, "/lib", "/usr/lib", "/lib64", "/usr/lib64")))

    def _reachable(self, folder: str) -> bool:
        # /lib behind a lib64 loader is searched by us, because distributions differ, but perhaps not by that
        # loader.
        sure = self.default[:2] if posixpath.basename(self.home) == "lib64" else self.default
        return self.musl or self.root.real(folder) in {self.root.real(default) for default in sure}


def _configured(root: Root, path: str, depth: int = 0) -> list[str]:
    """Read /etc/ld.so.conf with its includes (ldconfig(8))."""
    try:
        with root.open(path) as file:
            lines = os.fsdecode(file.read()).splitlines()
    except OSError:
        return []
    folders: list[str] = []
    for line in (line.partition("#")[0].strip() for line in lines):
        words = line.split()
        if words[:1] == ["include"] and depth < 8:
            for pattern in words[1:]:
                home, last = posixpath.split(posixpath.join(posixpath.dirname(path), pattern))
                matches = fnmatch.filter(root.names(home), last)
                folders += [
                    folder for name in matches for folder in _configured(root, f"{home}/{name}", depth + 1)
                ]
        elif line.startswith("/"):
            folders.append(line.partition("=")[0].rstrip("/"))
    return folders
