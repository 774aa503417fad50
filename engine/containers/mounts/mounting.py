"""What a container's mount points are at a start: entries of its OCI specification.

Sources are made and looked at here; destinations are the first process's business, inside the root.

A driver of others is told at each start (Mount, with the container's id) and once the container has ended
for good (Unmount). What it was told is kept in the bundle's `held` file from before the first word on, so
that the end is told by whoever comes first: the shim, which becomes an engine for that; whoever finds that
the shim was killed; the next start; the removal.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from engine.containers.mounts.mountpoints import Point, by_depth
from engine.containers.record import Container, find
from engine.errors import EngineError, NotFound, StartFailed
from engine.events import EventLog
from engine.store.store import Store
from engine.volumes.local import IN_MEMORY
from engine.volumes.volume import LOCAL
from engine.volumes.volumes import Volumes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.volumes.plugins import Plugin

_TMPFS = ("noexec", "nosuid", "nodev")

Entry = dict[str, Any]


def entries(container: Container, store: Store, events: EventLog) -> list[Entry]:
    """Make the entries, what lies deeper later; drivers of others are told that the container needs them.

    Raises StartFailed.
    """
    volumes, points = Volumes(store, events), by_depth(container.points)
    paths = store.paths.container(container.id)
    held = [point for point in points if point.type == "volume" and point.driver not in ("", LOCAL)]
    try:
        if held:
            # Before they are told, so that whatever happens next they are told of the end, too.
            with open(paths.held, "w", encoding="utf-8") as file:
                json.dump([_promise(point, volumes.plugin(point.driver)) for point in held], file)
        return [_entry(point, container.id, volumes) for point in points]
    except EngineError as error:
        if held:
            release(container, store)
        if isinstance(error, StartFailed):
            raise
        raise StartFailed(error.brief, 125, details=error.details, resolution=error.resolution) from error


def release(container: Container, store: Store) -> None:
    """Tell the drivers of others, once, that a container which has ended needs its volumes no longer."""
    from engine.volumes.plugins import Plugin

    path = store.paths.container(container.id).held
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        os.unlink(path)
    except FileNotFoundError:
        return
    for name, *driver in json.loads(text or "[]"):
        try:
            Plugin(*driver).unmount(name, container.id)
        except EngineError:
            # A plugin that is gone has nothing mounted either.
            continue


def _promise(point: Point, plugin: Plugin) -> tuple[Any, ...]:
    """Write down where the driver is found: who releases it may know other directories of plugins."""
    return point.name, plugin.name, plugin.address, plugin.tls


def _entry(point: Point, id: str, volumes: Volumes) -> Entry:
    if point.type == "tmpfs":
        words = [f"{key}={value}" for key, value in point.options.items()]
        return _mount(point, "tmpfs", "tmpfs", [*_TMPFS, *words, *([] if point.writable else ["ro"])])
    if point.type == "bind":
        return _mount(point, "bind", _bind_source(point), _bind_words(point))
    found = volumes.source(point.name, id)
    shared = found.type == "bind" or found.type in IN_MEMORY
    words = [*found.options, *([] if point.writable else ["rro" if shared else "ro"])]
    entry = _mount(point, found.type, found.source, words)
    if found.type in IN_MEMORY:
        entry["lenders"] = _lenders(point.name, id, volumes)
    if point.subpath:
        if found.type != "bind":
            raise StartFailed(f"volume {point.name} is no directory: it has no subpath {point.subpath}", 125)
        entry["subpath"] = point.subpath
    return entry


def _lenders(name: str, id: str, volumes: Volumes) -> list[tuple[int, int, str]]:
    """List the running containers that have a volume in memory mounted: its files are in theirs only."""
    found = []
    for user in volumes.users(name):
        try:
            container = find(volumes.store, user)
        except NotFound:
            continue
        now = container.state
        if user != id and now.running:
            places = [point.destination for point in container.points if point.name == name]
            found += [(now.pid, now.ticks, place) for place in places]
    return found


def _mount(point: Point, type: str, source: str, words: Sequence[str]) -> Entry:
    return {"destination": point.destination, "type": type, "source": source, "options": list(words)}


def _bind_words(point: Point) -> list[str]:
    words = ["rbind" if point.recursive else "bind", point.propagation or "rprivate"]
    if not point.writable:
        words.append("rro" if point.recursive and point.read_only_below else "ro")
    return words


def _bind_source(point: Point) -> str:
    """Make a bind's source if it may be made; see whether it spreads mounts as is asked of it."""
    path = point.source
    if not os.path.exists(path):
        if not point.made:
            raise StartFailed(
                f'invalid mount config for type "bind": bind source path does not exist: {path}', 125
            )
        try:
            os.makedirs(path, 0o755, exist_ok=True)
        except OSError as error:
            why = (error.strerror or "").lower()
            raise StartFailed(
                f"error while creating mount source path '{path}': mkdir {path}: {why}", 125
            ) from None
    if point.propagation.removeprefix("r") in ("shared", "slave"):
        _check_spreading(path, point.propagation.removeprefix("r"))
    return path


def _check_spreading(path: str, wanted: str) -> None:
    place, tags = _mounted_on(os.path.realpath(path))
    if "shared" in tags or (wanted == "slave" and "master" in tags):
        return
    kind = "shared" if wanted == "shared" else "shared or slave"
    raise StartFailed(f"path {path} is mounted on {place} but it is not a {kind} mount", 125)


def _mounted_on(path: str) -> tuple[str, set[str]]:
    """Find the mount point above a path, and the optional fields of its line (proc_pid_mountinfo(5))."""
    found: tuple[str, set[str]] = ("/", set())
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            fields = line.split()
            place = _unescaped(fields[4])
            above = path == place or path.startswith(f"{place.rstrip('/')}/")
            if above and len(place) >= len(found[0]):
                found = place, {word.partition(":")[0] for word in fields[6 : fields.index("-")]}
    return found


def _unescaped(path: str) -> str:
    for code, character in (("040", " "), ("011", "\t"), ("012", "\n"), ("134", "\\")):
        path = path.replace(f"\\{code}", character)
    return path
