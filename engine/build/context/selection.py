"""What a COPY takes from a tree, by docker's rules, and where each thing goes."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.build.context import sources
from engine.build.context.inputs import Input, Inputs, Item, Selection
from engine.build.context.sources import Match
from engine.dockerfile.instructions import Copy
from engine.dockerfile.patterns import Patterns
from engine.errors import InvalidInput, NotFound

_PIVOT = "/./"


class _Taken(NamedTuple):
    """One thing that is taken, and where it goes."""

    input: Input
    target: bytes
    whole: bool = True
    """With all that is below it."""


def target_of(copy: Copy, workdir: str) -> bytes:
    """Make the target absolute; a slash at its end says that it is a directory."""
    path = "/" + posixpath.normpath(posixpath.join("/", workdir, copy.target)).strip("/")
    folder = copy.target.endswith("/") or posixpath.basename(copy.target) in (".", "..") or copy.parents
    return os.fsencode(path.rstrip("/") + "/" if folder else path)


def select(copy: Copy, inputs: Inputs, workdir: str, wanted: Sequence[str] | None = None) -> Selection:
    """Select what an expanded COPY or ADD takes from `inputs`: of its sources those in `wanted`, or all.

    A pattern that matches nothing takes nothing; one that matches much needs a directory for its target.
    Raises NotFound and InvalidInput with docker's sentences.
    """
    target = target_of(copy, workdir)
    folder = target.endswith(b"/")
    count = len(copy.sources) + len(copy.heredocs)
    excluded = Patterns(copy.exclude)
    matches = [
        (source, match) for source in (copy.sources if wanted is None else wanted)
        for match in _matches(copy, inputs, source)
        if stat.S_ISDIR(match.input.mode) or not excluded.excluded(os.fsdecode(match.path))
    ]  # fmt: skip
    if not folder and max(count, len(matches)) > 1:
        raise InvalidInput(
            f"When using {_verb(copy)} with more than one source file, the destination must be a directory "
            "and end with a /"
        )
    base = target.strip(b"/")
    taken: list[_Taken] = []
    for source, match in matches:
        taken += _with_parents(inputs, source, match, base) if copy.parents else [_plain(match, base, folder)]
    what = "multi" if len(matches) > 1 else "file"
    if len(matches) == 1 and stat.S_ISDIR(matches[0][1].input.mode):
        what = "dir"
    name = posixpath.basename(matches[0][1].path) if what == "file" and matches and not folder else b""
    items = _Items(inputs, tuple(taken), len(base), name, excluded)
    return Selection(inputs, items, items.digest(), what, name)


def _matches(copy: Copy, inputs: Inputs, source: str) -> list[Match]:
    if sources.is_pattern(source):
        found = sources.matching(inputs, source, deep=copy.parents)
    else:
        one = sources.single(inputs, source)
        if one is None:
            raise _missing(copy, source)
        found = [one]
    for match in found:
        if stat.S_ISFIFO(match.input.mode):
            raise InvalidInput(
                f"{_verb(copy)} failed: {os.fsdecode(match.path)} is a named pipe, which has no content",
                resolution="name it in .dockerignore, or copy the directory that it is in",
            )
    return found


def _missing(copy: Copy, source: str) -> NotFound | InvalidInput:
    path = sources.clean(source)
    if path is None:
        shown = source.lstrip("/")
        return InvalidInput(f"{_verb(copy)} failed: forbidden path outside the build context: {shown} ()")
    where = "" if copy.source_from else "file not found in build context or excluded by .dockerignore: "
    return NotFound(f"{_verb(copy)} failed: {where}stat {os.fsdecode(path)}: file does not exist")


def _verb(copy: Copy) -> str:
    return "ADD" if copy.add else "COPY"


def _plain(match: Match, base: bytes, folder: bool) -> _Taken:
    if folder and not stat.S_ISDIR(match.input.mode):
        return _Taken(match.input, _join(base, posixpath.basename(match.path)))
    return _Taken(match.input, base)


def _with_parents(inputs: Inputs, source: str, match: Match, base: bytes) -> Iterator[_Taken]:
    """Take a thing under its whole path, or the part behind `/./`, each directory on the way as it is."""
    before, pivot, _ = source.partition(_PIVOT)
    above = (sources.clean(before) or b"") if pivot else b""
    below = match.path[len(above) :].lstrip(b"/")
    if not below:
        raise NotFound(
            f"COPY failed: nothing is left of {source} to put below the target with --parents",
            resolution="leave --parents out",
        )
    parts = below.split(b"/")
    for depth in range(1, len(parts)):
        way = b"/".join(parts[:depth])
        found = sources.resolve(inputs, _join(above, way))
        if found is not None:
            yield _Taken(found, _join(base, way), whole=False)
    yield _Taken(match.input, _join(base, below))


class _Items:
    """The items of a selection, found again whenever somebody goes through them."""

    def __init__(self, inputs: Inputs, taken: tuple[_Taken, ...], cut: int, name: bytes,
                 excluded: Patterns) -> None:
        self._inputs = inputs
        self._taken = taken
        self._cut = cut
        self._name = name
        self._excluded = excluded

    def __iter__(self) -> Iterator[Item]:
        items = self._all()
        return self._left(items) if self._excluded else items

    def digest(self) -> str:
        """Digest what there is, and where it goes below the target."""
        from hashlib import sha256

        total = sha256(self._name + b"\0")
        if self._excluded:
            for item in self:
                input = item.input
                line = b"%s\0%o %s %d:%s %x\0" % (self._below(item.target), input.mode, input.digest.encode(),
                                                 len(input.link), input.link, input.device)  # fmt: skip
                total.update(line)
            return total.hexdigest()
        for one in self._taken:
            content = self._inputs.digest(one.input.path) if one.whole else f"{one.input.mode:o}"
            total.update(b"%s\0%s\0" % (self._below(one.target), content.encode()))
        return total.hexdigest()

    def _all(self) -> Iterator[Item]:
        for input, target, whole in self._taken:
            if not whole:
                yield Item(input, target)
                continue
            cut = len(input.path)
            for entry in self._inputs.walk(input.path):
                below = entry.path[cut:]
                yield Item(entry, target + below if target and cut else _join(target, below.lstrip(b"/")))

    def _left(self, items: Iterator[Item]) -> Iterator[Item]:
        """Leave out what --exclude names; a directory that it names stays for what `!` takes in again."""
        waiting: list[Item] = []
        for item in items:
            below = os.fsdecode(self._below(item.target) or self._name)
            is_directory = stat.S_ISDIR(item.input.mode)
            while waiting and not item.target.startswith(waiting[-1].target + b"/"):
                waiting.pop()
            if below and self._excluded.excluded(below, is_directory):
                if is_directory:
                    waiting.append(item)
                continue
            yield from waiting
            waiting.clear()
            yield item

    def _below(self, target: bytes) -> bytes:
        return target[self._cut :].lstrip(b"/")


def _join(base: bytes, below: bytes) -> bytes:
    return base + b"/" + below if base and below else base or below
