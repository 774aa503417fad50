"""A small base image made of this machine's own programs: `import --from-host`.

It holds a shell, the coreutils, ps, grep, sed, awk, find, tar and their kin, whatever else is named, and
everything these need to run; no file of a user, no account of this machine and no set-id bit comes along
unless its directory is named, and secrets of accounts (shadow) not even then.
Nothing is executed.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple

from engine.errors import EngineError, InvalidInput, NotFound
from engine.images.base.archive import write_archive
from engine.images.base.furniture import furnish, lay_directories
from engine.images.base.harvest import Harvest
from engine.images.base.programs import COREUTILS, OTHERS, PATH, SHELL, applets, find_base, find_named
from engine.images.base.root import Root

_THE_MACHINES = frozenset({"dev", "proc", "sys"})


class HostImage(NamedTuple):
    """What a base image grown from the machine holds."""

    programs: tuple[str, ...]
    missing: tuple[str, ...]
    """Programs a base usually has and this machine lacks."""
    files: int
    size: int
    """Bytes of regular files."""
    shell: str
    """The path for the image's Cmd."""
    environment: tuple[str, ...]
    """The image's Env."""


def grow(
    out: BinaryIO,
    programs: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
    *,
    root: str = "/",
) -> HostImage:
    """Write the base image's tar stream to `out`; the same machine gives the same bytes.

    A program is named by its bare name, or by its path; the path of a directory brings the directory. One
    that lies outside a container's PATH also gets a link in /usr/bin. `progress` is told the bytes written so
    far; `root` is the root file system to take from.

    Raises:
        NotFound: when there is no shell, or a named program, or something it needs, is missing.
        NotPermitted: when a named program or a file of a named directory may not be read.
        InvalidInput: when a named directory is the whole root, or holds no files but the kernel's.
    """
    view = Root(root)
    harvest = Harvest(view, lambda name: find_base(view, name))
    lay_directories(harvest)
    found, missing = _bring_base(harvest)
    for name in programs:
        _bring_named(harvest, name)
    shell = "/bin/bash" if "bash" in found else "/bin/sh"
    furnish(harvest, shell)
    release = view.find("/etc/os-release")
    size = write_archive(out, view, harvest.entries, int(release.status.st_mtime) if release else 0, progress)
    return HostImage(
        programs=(*found, *programs),
        missing=tuple(missing),
        files=len(harvest.entries),
        size=size,
        shell=shell,
        environment=(f"PATH={PATH}",),
    )


def _bring_base(harvest: Harvest) -> tuple[list[str], list[str]]:
    """Bring the base's programs; return the names found and the names missing."""
    shell = find_base(harvest.root, SHELL)
    if shell is None:
        raise NotFound(
            "this machine has no shell (sh) to make a base image of",
            resolution="import a root file system instead",
        )
    _bring(harvest, SHELL, shell)
    found, missing = [SHELL], []
    for name in (*COREUTILS, *OTHERS):
        path = find_base(harvest.root, name)
        try:
            if path is None:
                raise NotFound(name)
            _bring(harvest, name, path)
        except EngineError:
            missing.append(name)
        else:
            found.append(name)
    binary = harvest.root.real(shell) or shell
    if "busybox" in posixpath.basename(binary):
        for link in applets(harvest.root, binary):
            harvest.program(link)
    return found, missing


def _bring_named(harvest: Harvest, name: str) -> None:
    if "/" not in name:
        path = find_named(harvest.root, name)
        if path is None:
            raise NotFound(
                f"no such program on this machine: {name}", resolution="install it, or give its path"
            )
        _bring(harvest, name, path)
        return
    path = os.path.abspath(name) if harvest.root.own else posixpath.join("/", name)
    if harvest.root.is_directory(path):
        _bring_folder(harvest, path)
    else:
        _bring(harvest, posixpath.basename(path), path)


def _bring_folder(harvest: Harvest, path: str) -> None:
    real = harvest.root.real(path) or path
    if real == "/" or real.split("/")[1] in _THE_MACHINES:
        raise InvalidInput(
            f"{path} is the machine itself, not a part of it", resolution="name the folders that are needed"
        )
    harvest.tree(real, whole=True)


def _bring(harvest: Harvest, name: str, path: str) -> None:
    harvest.program(path)
    if posixpath.dirname(path) not in PATH.split(":") and harvest.root.is_program(path):
        harvest.link(f"/usr/bin/{name}", path)
