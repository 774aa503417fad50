"""The journal of one watch: a folder in which it tells what happens, for whoever shows it.

`request` says what is watched and by whom, `events` holds one JSON line an event, `alive` is locked by the
watch for as long as it lives, however it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from engine.develop.events import Event, Printed, decode, encode
from engine.develop.request import Watched
from engine.develop.rounds import History
from engine.errors import Conflict, NotFound
from engine.kernel.inotify import CREATE, MODIFY, MOVED_TO, Watch
from engine.paths import Paths
from engine.store.locks import Lock, is_locked

KEPT = 20
"""How many watches are remembered."""
_DELETE, _TICK = 0x200, 1.0


class WatchRecord(NamedTuple):
    """One watch, as its journal tells it."""

    id: str
    context: str
    """Whole path."""
    dockerfile: str
    """As it was given; empty for the usual names."""
    tags: tuple[str, ...]
    target: str
    pid: int
    started: float
    alive: bool
    tied: bool
    """Whether it ends with whoever started it: a workbench."""
    history: History


class Journal:
    """The writing end: a full disk never stops the watch it would tell of."""

    def __init__(self, paths: Paths, id: str, watched: Watched, *, tied: bool) -> None:
        self.folder = paths.watch(id)
        self._alive = Lock(f"{self.folder}/alive")
        self._events = -1
        request = watched.build
        document = {
            "context": os.path.realpath(os.path.join(os.path.abspath(request.folder), request.context)),
            "dockerfile": request.dockerfile, "tags": list(request.tags), "target": request.target,
            "pid": os.getpid(), "started": time.time(), "tied": tied,
        }  # fmt: skip
        try:
            os.makedirs(self.folder, 0o700, exist_ok=True)
            self._alive.acquire()
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._events = os.open(f"{self.folder}/events", flags, 0o600)
            with open(f"{self.folder}/request.new", "w", encoding="utf-8") as file:
                json.dump(document, file)
            os.rename(f"{self.folder}/request.new", f"{self.folder}/request")
            _forget_oldest(paths)
        except OSError:
            pass

    def append(self, event: Event) -> None:
        """Write one event; what a container prints is in its own log."""
        if isinstance(event, Printed) or self._events < 0:
            return
        try:
            os.write(self._events, json.dumps(encode(event), separators=(",", ":")).encode() + b"\n")
        except OSError:
            return

    def close(self) -> None:
        """Say that the watch is over."""
        if self._events >= 0:
            os.close(self._events)
        self._events = -1
        self._alive.release()


class Shelf:
    """The journals of all watches of one store; of each only what is new is read."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._read: dict[str, tuple[dict[str, Any], int, History]] = {}

    def listed(self) -> list[WatchRecord]:
        """List the watches, the newest first."""
        try:
            ids = os.listdir(self._paths.watches)
        except OSError:
            return []
        records = filter(None, map(self._record, ids))
        return sorted(records, key=lambda one: (-one.started, one.id))

    def changes(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Yield at first, and each time a watch begins or tells something, until `stop` says so."""
        os.makedirs(self._paths.watches, 0o700, exist_ok=True)
        while not stop():
            told = self._told_by()
            try:
                watch = Watch(self._paths.watches, *told, mask=CREATE | MODIFY | MOVED_TO | _DELETE)
            except FileNotFoundError:
                continue
            with watch:
                yield
                while not stop() and self._told_by() == told:
                    if watch.wait(_TICK):
                        yield

    def _told_by(self) -> list[str]:
        folders = sorted(map(self._paths.watch, os.listdir(self._paths.watches)))
        return [path for folder in folders if is_locked(f"{folder}/alive")
                for path in (folder, f"{folder}/events") if os.path.exists(path)]  # fmt: skip

    def _record(self, id: str) -> WatchRecord | None:
        folder = self._paths.watch(id)
        try:
            # Asked before the events are read: one who died has told all by then.
            alive = is_locked(f"{folder}/alive")
            if id not in self._read:
                with open(f"{folder}/request", encoding="utf-8") as file:
                    self._read[id] = json.load(file), 0, History()
            document, offset, history = self._read[id]
            with open(f"{folder}/events", "rb") as events:
                events.seek(offset)
                data = events.read()
            whole = data[: data.rfind(b"\n") + 1]
            for line in whole.splitlines():
                history = history.after(_event(line))
            self._read[id] = document, offset + len(whole), history
            return WatchRecord(
                id, document["context"], document["dockerfile"], tuple(document["tags"]), document["target"],
                document["pid"], document["started"], alive, document["tied"], history,
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError):
            # It has only just begun, or is being forgotten.
            return None


def stop(paths: Paths, id: str) -> None:
    """Ask a watch to end, as Ctrl-C does; raises NotFound, or Conflict if it is over."""
    folder = paths.watch(id)
    try:
        with open(f"{folder}/request", encoding="utf-8") as file:
            pid = json.load(file)["pid"]
    except (OSError, ValueError, KeyError):
        raise NotFound(f"No such watch: {id}") from None
    # Whoever holds the lock is the process that wrote its number down.
    if not is_locked(f"{folder}/alive"):
        raise Conflict(f"The watch {id[:12]} is over")
    os.kill(pid, signal.SIGINT)


def _event(line: bytes) -> Event | None:
    try:
        return decode(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _forget_oldest(paths: Paths) -> None:
    with os.scandir(paths.watches) as entries:
        aged = sorted(((entry.stat().st_mtime, entry.path) for entry in entries), reverse=True)
    for _, folder in aged[KEPT:]:
        lock = Lock(f"{folder}/alive")
        if lock.try_acquire():
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()
