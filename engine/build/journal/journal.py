"""The journal of one build: a folder in which it tells what it does while it does it.

`events` holds one JSON line an event, in the order in which they came; a line is one O_APPEND write, so that
readers see whole lines. `request` is what building it again needs, `Dockerfile` what was built, `record` how
it ended. `alive` is locked by the builder for as long as it lives, however it ends.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import Any

from engine.build.events import (
    Event,
    Failed,
    Finished,
    Output,
    Shortened,
    StepFailed,
    StepFinished,
    decode,
    encode,
)
from engine.build.journal.ends import Ends
from engine.build.journal.summary import BuildRecord, first, told
from engine.errors import Conflict, InUse, NotFound
from engine.paths import Paths
from engine.store.locks import Lock, is_locked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.build.request import Request

KEPT = 50
"""How many builds are remembered; the oldest go when a new one begins."""
CHUNK = 1 << 20
"""Bytes of a journal that are read at once."""
PRINTED = b'{"event":"Output"'
"""How the lines begin that tell what a step printed: most of a journal, and of no use to a summary."""


class Journal:
    """The writing end: a full disk or a lost folder never stops the build it would tell of."""

    def __init__(self, folder: str, record: BuildRecord) -> None:
        self.folder = folder
        self._record = record
        self._guard = threading.Lock()
        self._alive = Lock(f"{folder}/alive")
        self._events = -1
        self._ends: dict[int, Ends] = {}

    @classmethod
    def begin(cls, paths: Paths, id: str, request: Request, dockerfile: bytes = b"") -> Journal:
        """Open the journal of a build that begins now, and forget the oldest ones."""
        document = remembered(request)
        record = first(id, document)
        journal = cls(paths.build(id), record)
        try:
            journal._open(document)
            if dockerfile:
                journal.dockerfile(dockerfile)
            _forget_oldest(paths)
        except OSError:
            pass
        return journal

    def _open(self, document: dict[str, Any]) -> None:
        os.makedirs(self.folder, 0o700, exist_ok=True)
        self._alive.acquire()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._events = os.open(f"{self.folder}/events", flags, 0o600)
        _put(f"{self.folder}/request", json.dumps(document).encode())

    def dockerfile(self, text: bytes) -> None:
        """Keep the Dockerfile that is built."""
        try:
            _put(f"{self.folder}/Dockerfile", text)
        except OSError:
            pass

    def append(self, event: Event) -> None:
        """Write one event; any thread may call it. Of what a step prints very much of, only the ends stay."""
        with self._guard:
            if isinstance(event, Output):
                self._printed(event, time.time())
                return
            if isinstance(event, StepFinished | StepFailed | Finished | Failed):
                self._finish(event.step if isinstance(event, StepFinished | StepFailed) else 0)
            document = encode(event)
            self._record = told(self._record, document)
            self._write(document)

    def _printed(self, event: Output, now: float) -> None:
        ends = self._ends.setdefault(event.step, Ends())
        began = ends.over
        if ends.take(event, now):
            self._write({**encode(event), "at": round(now, 3)})
        elif not began:
            self._write(encode(Shortened(event.step, 0, now)))

    def _finish(self, step: int) -> None:
        """Write the end of what a step has printed; with 0 those of all."""
        for number in [step] if step else list(self._ends):
            ends = self._ends.pop(number, None)
            if ends and ends.dropped:
                self._write(encode(Shortened(number, ends.dropped, time.time())))
            for piece, at in ends.rest() if ends else ():
                self._write({**encode(piece), "at": round(at, 3)})

    def _write(self, document: dict[str, Any]) -> None:
        line = json.dumps(document, separators=(",", ":")).encode() + b"\n"
        try:
            if self._events >= 0:
                os.write(self._events, line)
        except OSError:
            self._stop_writing()

    def close(self) -> None:
        """Write down how it ended, and say that the builder is gone; a second call does nothing."""
        with self._guard:
            self._finish(0)
            if self._alive.held and self._record.state != "running":
                try:
                    _put(f"{self.folder}/record", json.dumps(self._record._asdict()).encode())
                except OSError:
                    pass
            self._stop_writing()
            self._alive.release()

    def _stop_writing(self) -> None:
        descriptor, self._events = self._events, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def remembered(request: Request) -> dict[str, Any]:
    """Make a JSON object of what building again needs: where secrets come from, never what they are."""
    document: dict[str, Any] = {name: _plain(value) for name, value in request._asdict().items()}
    document["stream"] = request.stream is not None
    document["folder"] = os.path.abspath(request.folder)
    del document["environment"]
    document["time"] = time.time()
    document["pid"] = os.getpid()
    return document


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(one) for name, one in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return dict(value) if hasattr(value, "keys") else value if not hasattr(value, "read") else None


def listed(paths: Paths) -> list[BuildRecord]:
    """List the builds of a store, the newest first."""
    from engine.build.journal.shelf import Shelf

    return Shelf(paths).listed()


def events(paths: Paths, id: str, offset: int = 0) -> tuple[list[Event], int]:
    """Read what came from `offset` on, at most `CHUNK` bytes of it, and tell where to go on.

    Raises NotFound if there is no such build.
    """
    try:
        with open(f"{paths.build(id)}/events", "rb") as file:
            file.seek(offset)
            data = file.read(CHUNK)
            if data and b"\n" not in data:
                data += file.readline()
    except FileNotFoundError:
        raise _no_such(id) from None
    whole = data[: data.rfind(b"\n") + 1]
    return [event for event in map(read_line, whole.splitlines()) if event], offset + len(whole)


def read_line(line: bytes) -> Event | None:
    """Make an event of one line; None for what no version of this program wrote."""
    try:
        document = json.loads(line)
        document.pop("at", None)
        return decode(document)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def dockerfile(paths: Paths, id: str) -> bytes:
    """Return the Dockerfile that was built, empty if the build never found one; raises NotFound."""
    return _file(paths, id, "Dockerfile")


def request(paths: Paths, id: str) -> dict[str, Any]:
    """Return what `remembered` made of the build's request; raises NotFound."""
    document: dict[str, Any] = json.loads(_file(paths, id, "request") or b"{}")
    return document


def remove(paths: Paths, id: str) -> None:
    """Forget a build; raises NotFound, or InUse while it runs."""
    folder = paths.build(id)
    if not id.isalnum() or not os.path.isdir(folder):
        raise _no_such(id)
    if not _remove(folder):
        raise InUse(f"The build {id[:12]} still runs", resolution="stop it first")


def interrupt(paths: Paths, id: str) -> None:
    """Ask a running build to end, as Ctrl-C does; raises NotFound, or Conflict if it runs no more."""
    builder = request(paths, id).get("pid")
    # Whoever holds the lock is the process that wrote its number down.
    if not builder or not is_locked(f"{paths.build(id)}/alive"):
        raise Conflict(f"The build {id[:12]} is over")
    os.kill(builder, signal.SIGINT)


def _no_such(id: str) -> NotFound:
    return NotFound(f"No such build: {id}", resolution="only the newest builds are remembered")


def _file(paths: Paths, id: str, name: str) -> bytes:
    try:
        with open(f"{paths.build(id)}/{name}", "rb") as file:
            return file.read()
    except FileNotFoundError:
        if os.path.isdir(paths.build(id)):
            return b""
        raise _no_such(id) from None


def _put(path: str, data: bytes) -> None:
    """Write a file whole, by rename."""
    draft = f"{path}.new"
    with open(draft, "wb") as file:
        file.write(data)
    os.rename(draft, path)


def _forget_oldest(paths: Paths) -> None:
    with os.scandir(paths.builds) as entries:
        aged = sorted(((entry.stat().st_mtime, entry.path) for entry in entries), reverse=True)
    for _, folder in aged[KEPT:]:
        _remove(folder)


def _remove(folder: str) -> bool:
    lock = Lock(f"{folder}/alive")
    try:
        if not lock.try_acquire():
            return False
        # Without its request it is listed no more, whatever happens to the rest.
        for name in sorted(os.listdir(folder), key=lambda name: name != "request"):
            os.unlink(f"{folder}/{name}")
        os.rmdir(folder)
    except OSError:
        pass
    finally:
        lock.release()
    return True
