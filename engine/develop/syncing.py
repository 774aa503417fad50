"""Taking changed files straight into a running container, as `docker cp` takes them, and out of it again."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from engine.develop.request import Rule
from engine.develop.sight import Change
from engine.errors import NotFound, from_os

if TYPE_CHECKING:
    from engine.containers.containers import Containers

_IN_MEMORY = 16 << 20
"""Bytes of an archive that is not put on the disk on its way."""
Judge = Callable[[str], tuple[Rule, ...]]


class Synced(NamedTuple):
    """What was done to one container."""

    files: int
    removed: int


class Pair(NamedTuple):
    """A path of this machine, and where it is in the container."""

    path: str
    target: str
    rule: Rule


def pairs(changes: Sequence[Change]) -> list[Pair]:
    """List what is to be copied, or removed if it is there no more."""
    return [
        Pair(change.path, rule.target.rstrip("/") + change.path[len(rule.path) :], rule)
        for change in changes
        for rule in change.rules
        if rule.action.startswith("sync")
    ]


def sync(containers: Containers, container: str, wanted: Sequence[Pair], judge: Judge) -> Synced:
    """Make the container's files as ours are; they become root's, as with COPY.

    Raises NotFound, InvalidInput, ReadOnly, NoSpace.
    """
    present = [pair for pair in wanted if os.path.lexists(pair.path)]
    removed = 0
    for pair in wanted:
        if not os.path.lexists(pair.path):
            with suppress(NotFound):  # it never came there
                containers.remove_path(container, pair.target)
                removed += 1
    if not present:
        return Synced(0, removed)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as archive:
        count = 0
        try:
            with tarfile.open(fileobj=archive, mode="w") as tar:
                for path, target in _files(present, judge):
                    with suppress(FileNotFoundError):  # it went meanwhile, and that is a change of its own
                        tar.add(path, target.lstrip("/"), recursive=False, filter=_as_root)
                        count += 1
        except OSError as error:
            raise from_os(error, "cannot read what was saved") from error
        archive.seek(0)
        containers.copy_to(container, archive, "/")  # type: ignore[arg-type]
    return Synced(count, removed)


def _files(present: Sequence[Pair], judge: Judge) -> Iterator[tuple[str, str]]:
    """Go through the paths, and through all in those that are directories, but what is left out."""
    for path, target, rule in present:
        yield path, target
        if os.path.isdir(path) and not os.path.islink(path):
            with os.scandir(path) as entries:
                below = [
                    Pair(entry.path, f"{target}/{entry.name}", rule)
                    for entry in sorted(entries, key=lambda one: one.name)
                    if rule in judge(entry.path)
                ]
            yield from _files(below, judge)


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
