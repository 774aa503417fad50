"""Saving files as editors do, and waiting for what a watch makes of it."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.cancelling import Cancel
from engine.develop.events import Event, Printed
from engine.develop.request import Watched
from engine.engine import Engine

PATIENCE = 30.0
"""Seconds after which what is awaited will not come."""
Kind = TypeVar("Kind")


def plain(path: Path, text: str) -> None:
    """Write as a shell's redirection does: cut to nothing, then written."""
    path.write_text(text)


def like_vim(path: Path, text: str) -> None:
    """Write as vim does: a probe, a swap file, the old one put aside, a new one, the rest removed."""
    probe, swap, backup = path.with_name("4913"), path.with_name(f".{path.name}.swp"), Path(f"{path}~")
    swap.write_bytes(b"b0VIM 9.1")
    probe.touch()
    probe.unlink()
    os.rename(path, backup)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        os.fsync(file.fileno())
    os.chmod(path, 0o644)
    backup.unlink()
    swap.unlink()


def like_code(path: Path, text: str) -> None:
    """Write as VS Code and most others do that save atomically: a file beside it, renamed over it."""
    draft = path.with_name(f"{path.name}.vsctmp")
    with open(draft, "w", encoding="utf-8") as file:
        for piece in (text[:7], text[7:]):
            file.write(piece)
            file.flush()
            time.sleep(0.005)
    os.replace(draft, path)


class Watching:
    """A watch in a thread of its own, and what it has told."""

    def __init__(self, yard: Engine, watched: Watched) -> None:
        self.told: list[Event] = []
        self.cancel = Cancel()
        self._news: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stream = yard.watches.watch(watched, self.cancel)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        for event in self._stream:
            self._news.put(event)

    def until(self, kind: type[Kind], fits: Callable[[Kind], object] = lambda _: True) -> Kind:
        """Wait for an event that has not been waited for; whatever came before it is passed over."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                event = self._news.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {kind.__name__} after {self.told[-8:]}") from None
            self.told.append(event)
            if isinstance(event, kind) and fits(event):
                return event

    def quiet(self, seconds: float = 0.5) -> list[Event]:
        """Return what is told within so many seconds, but what containers print."""
        came = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                came.append(self._news.get(timeout=left))
            except queue.Empty:
                break
        self.told += came
        return [event for event in came if not isinstance(event, Printed)]

    def __enter__(self) -> Watching:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel.cancel()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the watch did not end"
