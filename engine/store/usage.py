"""How much disk the store's objects take, and what no row lists."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Set
from typing import NamedTuple

from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_IMAGES = """
    SELECT top, id IN (SELECT image FROM containers) AS active,
        NOT (id IN (SELECT image FROM tags UNION ALL SELECT image FROM digests))
        AND (step OR id IN (SELECT parent FROM images WHERE parent IS NOT NULL)) AS hidden
    FROM images"""


class Usage(NamedTuple):
    """One line of `system df`; sizes are bytes."""

    total: int
    active: int
    """Images and steps that a container uses, containers that run, volumes that a container uses."""
    size: int
    reclaimable: int
    """What removing everything that is not active gives back."""


class DiskUsage(NamedTuple):
    """What `system df` shows."""

    images: Usage
    containers: Usage
    volumes: Usage
    builds: Usage = Usage(0, 0, 0, 0)
    """What only builds know: steps that nobody named, and the layers that no image has."""


def disk_usage(store: Store, running: Collection[str] = ()) -> DiskUsage:
    """Add up sizes; `running` are the ids of the containers that are not to be counted as reclaimable."""
    images, builds = _images(store)
    return DiskUsage(images, _containers(store, running), _volumes(store), builds)


def orphans(store: Store) -> list[str]:
    """Find what lies in the store's folders although no row lists it; a healthy store has none."""
    paths = store.paths
    # A write transaction keeps commits out, so that nothing is half-way in; a removal may still be half-way
    # out.
    with store.transaction() as records:
        listed = (
            (paths.content, {d.partition(":")[2] for (d,) in records.execute("SELECT digest FROM blobs")}),
            (paths.snapshots, {str(n) for (n,) in records.execute("SELECT snapshot FROM layers")}),
            (paths.containers, {id for (id,) in records.execute("SELECT id FROM containers")}),
            (paths.volumes, {name for (name,) in records.execute("SELECT name FROM volumes")}),
        )
        return [
            f"{folder}/{name}" for folder, names in listed for name in sorted(set(os.listdir(folder)) - names)
        ]


def tree_size(path: str) -> int:
    """Add up the lengths of the regular files below `path`, a file with several names once.

    What vanishes counts nothing.
    """
    total, seen = 0, set()
    pending = [path]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        found = entry.stat(follow_symlinks=False)
                        if found.st_nlink > 1:
                            if (found.st_dev, found.st_ino) in seen:
                                continue
                            seen.add((found.st_dev, found.st_ino))
                        total += found.st_size
        except OSError:
            continue
    return total


def _images(store: Store) -> tuple[Usage, Usage]:
    """Measure the images, and apart from them the steps of builds."""
    layers = {row["chain_id"]: row for row in store.query("SELECT chain_id, parent, size FROM layers")}
    rows = store.query(_IMAGES)
    images = [row for row in rows if not row["hidden"]]
    steps = [row for row in rows if row["hidden"]]
    visible, used = _stacks(layers, images), _stacks(layers, [row for row in rows if row["active"]])
    return (
        _total(images, layers, visible, used),
        _total(steps, layers, layers.keys() - visible, used),
    )


def _stacks(layers: Mapping[str, sqlite3.Row], images: Iterable[sqlite3.Row]) -> set[str]:
    """Collect the layers beneath these images."""
    found: set[str] = set()
    for image in images:
        top = image["top"]
        while top is not None and top not in found:
            found.add(top)
            top = layers[top]["parent"]
    return found


def _total(
    images: Collection[sqlite3.Row], layers: Mapping[str, sqlite3.Row], theirs: Set[str], used: Set[str]
) -> Usage:
    size = sum(layers[chain_id]["size"] for chain_id in theirs)
    kept = sum(layers[chain_id]["size"] for chain_id in theirs & used)
    return Usage(len(images), sum(image["active"] for image in images), size, size - kept)


def _containers(store: Store, running: Collection[str]) -> Usage:
    ids = [row["id"] for row in store.query("SELECT id FROM containers")]
    return _sum((id in running, store.paths.container(id).upper) for id in ids)


def _volumes(store: Store) -> Usage:
    rows = store.query("SELECT name, name IN (SELECT volume FROM container_volumes) AS used FROM volumes")
    return _sum((bool(row["used"]), f"{store.paths.volumes}/{row['name']}") for row in rows)


def _sum(things: Iterable[tuple[bool, str]]) -> Usage:
    total = active = size = reclaimable = 0
    for used, path in things:
        length = tree_size(path)
        total, active, size = total + 1, active + used, size + length
        reclaimable += 0 if used else length
    return Usage(total, active, size, reclaimable)
