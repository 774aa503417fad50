"""What builds keep for later: steps that nobody named, cache mounts, and what is remembered of contexts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from engine.build.journal.journal import listed as builds
from engine.build.program.cachemounts import CacheMounts
from engine.paths import Paths
from engine.store.store import Store
from engine.store.usage import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

STEP, MOUNT, CONTEXT = "regular", "exec.cachemount", "source.local"
"""The kinds, in the words of `docker system df -v`."""


class Entry(NamedTuple):
    """One thing that builds keep."""

    id: str
    """A step's image, a cache mount's or a context's own name."""
    kind: str
    description: str
    size: int
    """Bytes that nothing but builds needs."""
    created: float
    used: float
    """When it, or what stands on it, was last of use; seconds since the epoch."""
    shared: bool = False
    """An image stands on it, so only the memory of it can go."""
    in_use: bool = False
    """A container or a build needs it now."""
    parent: str = ""
    ways: int = 0
    """How many steps of Dockerfiles lead to it."""


_STEPS = """
    SELECT id, images.created, parent, top, ifnull(ways, 0) AS ways, ifnull(used, images.created) AS used,
        id IN (SELECT image FROM containers) AS busy,
        NOT step AND id NOT IN (SELECT parent FROM images WHERE parent IS NOT NULL)
        OR id IN (SELECT image FROM tags UNION ALL SELECT image FROM digests) AS visible,
        CASE WHEN json_valid(config) THEN json_extract(config, '$.history[#-1].created_by') END AS text
    FROM images LEFT JOIN
        (SELECT image, max(used) AS used, count(*) AS ways FROM steps GROUP BY image) ON image = id"""


def everything(store: Store) -> list[Entry]:
    """List all, the longest unused first, and what stands on another before it."""
    building = any(build.state == "running" for build in builds(store.paths))
    entries = [*steps(store, building), *_mounts(store.paths), *_contexts(store.paths, building)]
    # The steps come with children first, and sorting keeps that among equals.
    return sorted(entries, key=lambda entry: entry.used)


def with_mounts(usage: Usage, paths: Paths) -> Usage:
    """Add the cache mounts to what the steps take."""
    mounts = list(CacheMounts(paths).listed())
    return Usage(
        usage.total + len(mounts),
        usage.active + sum(mount.in_use for mount in mounts),
        usage.size + sum(mount.size for mount in mounts),
        usage.reclaimable + sum(mount.size for mount in mounts if not mount.in_use),
    )


def steps(store: Store, building: bool) -> Iterator[Entry]:
    """Yield the steps, those that stand on others first."""
    layers = {row["chain_id"]: row for row in store.query("SELECT chain_id, parent, size FROM layers")}
    images = {row["id"]: row for row in store.query(_STEPS)}
    needed: set[str] = set()
    for row in images.values():
        if row["visible"]:
            needed.update(_between(layers, row["top"], None))
    order = _children_first(images)
    shared, used = _inherited(images, order)
    for id in order:
        row = images[id]
        if not row["visible"]:
            below = images[row["parent"]]["top"] if row["parent"] in images else None
            own = (chain_id for chain_id in _between(layers, row["top"], below) if chain_id not in needed)
            size = sum(layers[chain_id]["size"] for chain_id in own)
            yield Entry(id, STEP, row["text"] or "", size, row["created"], used[id], id in shared,
                        bool(row["busy"]) or building, row["parent"] or "", row["ways"])  # fmt: skip


def _between(layers: Mapping[str, sqlite3.Row], top: str | None, below: str | None) -> Iterator[str]:
    while top is not None and top != below and top in layers:
        yield top
        top = layers[top]["parent"]


def _children_first(images: Mapping[str, sqlite3.Row]) -> list[str]:
    depths: dict[str, int] = {}
    for id in images:
        line: list[str] = []
        here: str = id
        while here in images and here not in depths and here not in line:
            line.append(here)
            here = images[here]["parent"] or ""
        depths.update(zip(reversed(line), count(depths.get(here, 0) + 1)))
    return sorted(images, key=lambda id: -depths[id])


def _inherited(images: Mapping[str, sqlite3.Row], order: Sequence[str]) -> tuple[set[str], dict[str, float]]:
    """Find what an image or a container stands on, and the last use of whatever stands on each."""
    shared: set[str] = set()
    used = {id: row["used"] for id, row in images.items()}
    for id in order:
        row = images[id]
        if (parent := row["parent"]) in images:
            used[parent] = max(used[parent], used[id])
            if row["visible"] or row["busy"] or id in shared:
                shared.add(parent)
    return shared, used


def _mounts(paths: Paths) -> Iterator[Entry]:
    for mount in CacheMounts(paths).listed():
        yield Entry(mount.key, MOUNT, f"mount {mount.id}", mount.size, mount.used_at, mount.used_at,
                    in_use=mount.in_use)  # fmt: skip


def _contexts(paths: Paths, building: bool) -> Iterator[Entry]:
    try:
        found = list(os.scandir(paths.digests))
    except FileNotFoundError:
        return
    for file in found:
        try:
            status = file.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        yield Entry(file.name, CONTEXT, "digests of a build context's files", status.st_size,
                    status.st_mtime, status.st_mtime, in_use=building)  # fmt: skip
