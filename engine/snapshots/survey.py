"""A survey of a stack of layers: what it holds for nothing, what is largest in it, what each layer did.

Wasted is what no container can see: a file that a layer further up replaces or removes. The copy that is seen
is needed, however many stand below it. A survey is kept beside the uppermost layer, whose place in the store
stands for the whole stack; it is made of the layers' indexes.
"""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from engine.snapshots.index import index, is_whole, order, records
from engine.store.locks import Lock

VERSION = 1
MOST = 1000
"""Paths that are kept of what is largest, and of what wastes most."""

Progress = Callable[[int, int, int], object]
"""Hears which layer is walked through, of how many, and how many names it has so far; it may raise."""


class Share(NamedTuple):
    """What one layer did to those below it; of directories only that they were removed is counted."""

    added: int
    changed: int
    removed: int
    size: int
    """Bytes of its regular files."""
    wasted: int
    """Bytes of those that layers further up hide."""


class Survey(NamedTuple):
    """What is known of a stack."""

    size: int
    """Bytes of the regular files in all layers."""
    wasted: int
    """Bytes of those that no container can see."""
    files: int
    """How many files a container sees."""
    waste: tuple[tuple[str, int, int], ...]
    """The paths that waste most: path, how often it is there for nothing, bytes."""
    largest: tuple[tuple[str, int, int], ...]
    """The largest files that are seen: path, layer (1 is the base), bytes."""
    layers: tuple[Share, ...]
    """The base first."""

    @property
    def efficiency(self) -> float:
        """Tell which part of the bytes is seen, from 0 to 1."""
        return 1 - self.wasted / self.size if self.size else 1.0


class Place(NamedTuple):
    """Where a layer lies, and what is kept beside it: its index, and the survey that ends with it."""

    layer: str
    names: str
    survey: str


def read(places: Sequence[Place]) -> Survey | None:
    """Return the survey that was kept of a stack (the base first), if one was, and all its indexes."""
    if not places:
        return _survey([])
    if not all(is_whole(place.names) for place in places):
        return None
    try:
        with open(places[-1].survey, "rb") as file:
            kept = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    if kept.pop("version") != VERSION:
        return None
    for name in ("waste", "largest"):
        kept[name] = tuple(map(tuple, kept[name]))
    return Survey(**kept | {"layers": tuple(Share(*share) for share in kept["layers"])})


def survey(places: Sequence[Place], progress: Progress) -> Survey:
    """Survey a stack (the base first), unless that was done before. Raises OSError."""
    kept = read(places)
    if kept:
        return kept
    for number, place in enumerate(places, 1):

        def told(names: int, number: int = number) -> None:
            progress(number, len(places), names)

        index(place.layer, place.names, told)
    made = _survey([place.names for place in places])
    _keep(made, places[-1].survey)
    return made


def _keep(made: Survey, path: str) -> None:
    draft = f"{path}.draft"
    with Lock(os.path.dirname(path), create=False):
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(made._asdict() | {"version": VERSION}, file)
        os.rename(draft, path)


class _Form(NamedTuple):
    """What one layer has under a path."""

    layer: int
    kind: bytes
    size: int

    @property
    def hides(self) -> bool:
        """Whether what lies below its path in lower layers is out of sight."""
        return self.kind != b"d"


def _survey(indexes: Sequence[str]) -> Survey:
    found = _Found(len(indexes))
    streams = [_ordered(path, number) for number, path in enumerate(indexes, 1)]
    for key, forms in groupby(heapq.merge(*streams), itemgetter(0)):
        found.add(key, [_Form(-layer, kind, size) for _, layer, kind, size in forms])
    return found.told()


def _ordered(path: str, number: int) -> Iterator[tuple[bytes, int, bytes, int]]:
    """Read an index in its order; of one path, the uppermost layer comes first."""
    for kind, size, name in records(path):
        yield order(name), -number, kind, size


class _Found:
    """Adds up path by path, in the indexes' order."""

    def __init__(self, layers: int) -> None:
        self._size = self._wasted = self._files = 0
        self._waste: dict[bytes, tuple[int, int]] = {}
        self._largest: list[tuple[int, bytes, int]] = []
        self._shares = [[0, 0, 0, 0, 0] for _ in range(layers)]
        self._covers: list[tuple[bytes, int]] = [(b"", 0)]
        """The directories around the path, and up to which layer each hides what is in it."""

    def add(self, key: bytes, forms: Sequence[_Form]) -> None:
        """Take in the forms of a path, the uppermost first."""
        while not key.startswith(self._covers[-1][0]):
            self._covers.pop()
        around = self._covers[-1][1]
        lid = around
        for form in forms:
            hidden = form.layer < lid
            if form.kind == b"f":
                self._weigh(key, form, hidden)
            lid = max(lid, form.layer)
        self._count(forms, around)
        if forms[0].kind in b"do" or len(forms) > 1:
            inside = max([around, *(form.layer for form in forms if form.hides)])
            self._covers.append((key + b"\0", inside))

    def _weigh(self, key: bytes, form: _Form, hidden: bool) -> None:
        share = self._shares[form.layer - 1]
        self._size += form.size
        share[3] += form.size
        if not hidden:
            self._files += 1
            offer = (form.size, key, form.layer)
            if len(self._largest) < MOST:
                heapq.heappush(self._largest, offer)
            elif form.size > self._largest[0][0]:
                heapq.heapreplace(self._largest, offer)
        elif form.size:
            self._wasted += form.size
            share[4] += form.size
            count, size = self._waste.get(key, (0, 0))
            self._waste[key] = count + 1, size + form.size

    def _count(self, forms: Sequence[_Form], around: int) -> None:
        below: _Form | None = None
        for form in reversed(forms):
            share = self._shares[form.layer - 1]
            seen = below is not None and below.kind != b"w" and not below.layer < around <= form.layer
            if form.kind == b"w":
                share[2] += seen
            elif form.kind not in b"do":
                share[1 if seen else 0] += 1
            below = form

    def told(self) -> Survey:
        """Tell what was found."""
        waste = sorted(self._waste.items(), key=lambda one: (-one[1][1], one[0]))[:MOST]
        largest = sorted(self._largest, key=lambda one: (-one[0], one[1]))
        return Survey(
            self._size,
            self._wasted,
            self._files,
            tuple((_path(key), count, size) for key, (count, size) in waste),
            tuple((_path(key), layer, size) for size, key, layer in largest),
            tuple(Share(*share) for share in self._shares),
        )


def _path(key: bytes) -> str:
    return os.fsdecode(key.replace(b"\0", b"/"))
