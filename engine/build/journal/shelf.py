"""All journals of one store: a list that is cheap to ask for again and again, and a word when it changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator

from engine.build.journal.journal import PRINTED
from engine.build.journal.summary import BuildRecord, first, told
from engine.kernel.inotify import CREATE, MODIFY, MOVED_TO, Watch
from engine.paths import Paths
from engine.store.locks import is_locked

DELETE = 0x200
TICK = 1.0
"""Seconds after which a follower asks whether it is to stop."""


class Shelf:
    """The builds of a store, read as little as possible: what is over is read once."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self._known: dict[str, tuple[BuildRecord, int]] = {}
        """What is known of each build, and how far its events have been read for it."""

    def listed(self) -> list[BuildRecord]:
        """List the builds, the newest first."""
        try:
            ids = os.listdir(self.paths.builds)
        except OSError:
            ids = []
        for gone in self._known.keys() - ids:
            del self._known[gone]
        records = filter(None, map(self._record, ids))
        return sorted(records, key=lambda record: (-record.started, record.id))

    def changes(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Yield at first and each time a build begins, tells something or is forgotten, until `stop` says so.

        A builder that is killed tells nothing.
        """
        os.makedirs(self.paths.builds, 0o700, exist_ok=True)
        while not stop():
            followed = self._told_by()
            try:
                watch = Watch(self.paths.builds, *followed, mask=CREATE | MODIFY | MOVED_TO | DELETE)
            except FileNotFoundError:
                continue
            with watch:
                yield
                while not stop() and self._told_by() == followed:
                    if watch.wait(TICK):
                        yield

    def _told_by(self) -> list[str]:
        """Name the files that may still grow, and the folders that are still being filled."""
        paths = []
        for id in os.listdir(self.paths.builds):
            known = self._known.get(id)
            folder = self.paths.build(id)
            if known is None:
                paths.append(folder)
            elif known[0].state == "running":
                paths.append(f"{folder}/events")
        return sorted(paths)

    def _record(self, id: str) -> BuildRecord | None:
        known = self._known.get(id)
        if known and known[0].state != "running":
            return known[0]
        folder = self.paths.build(id)
        try:
            # Asked before the events are read: one who died has told all by then.
            alive = is_locked(f"{folder}/alive")
            record, offset = known or _begun(folder, id)
            if record.state == "running":
                record, offset = _read_on(folder, record, offset)
            if record.state == "running" and not alive:
                record = record._replace(state="died", ended=os.stat(f"{folder}/events").st_mtime)
        except (OSError, ValueError, KeyError, TypeError):
            # Somebody removes it, or it has only just begun.
            return None
        self._known[id] = record, offset
        return record


def _begun(folder: str, id: str) -> tuple[BuildRecord, int]:
    with open(f"{folder}/request", "rb") as file:
        record = first(id, json.loads(file.read()))
    try:
        with open(f"{folder}/record", "rb") as file:
            fields = json.loads(file.read())
    except FileNotFoundError:
        return record, 0
    fields["tags"] = tuple(fields["tags"])
    return BuildRecord(**fields), 0


def _read_on(folder: str, record: BuildRecord, offset: int) -> tuple[BuildRecord, int]:
    with open(f"{folder}/events", "rb") as file:
        file.seek(offset)
        while line := file.readline():
            if not line.endswith(b"\n"):
                break
            offset += len(line)
            if not line.startswith(PRINTED) and isinstance(event := json.loads(line), dict):
                record = told(record, event)
    return record, offset
