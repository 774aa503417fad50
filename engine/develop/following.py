"""Staying with what containers print, and with their ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.containers import state
from engine.containers.logs import log
from engine.develop import events
from engine.develop.events import Event
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.containers.containers import Containers
    from engine.containers.record import Container

_LINE = 200
"""Characters of a first line that are told."""


class Follower:
    """Follows the containers of one watch, each in a thread."""

    def __init__(self, containers: Containers, tell: Callable[[Event], object]) -> None:
        self._containers, self._tell = containers, tell
        self._closed = False
        self._followed: set[str] = set()

    def follow(
        self, container: Container, round: int, saved: float = 0.0, since: float | None = None
    ) -> None:
        """Tell what a container prints from now on; of one that is new, from its first line on.

        A container is new if it came of something that was `saved`; it may have printed before `since`.
        """
        if container.id in self._followed:
            return
        since = since if saved else time.time()
        self._followed.add(container.id)
        words = container, round, saved, since
        threading.Thread(target=self._follow, args=words, name="follower", daemon=True).start()

    def leave(self, id: str) -> None:
        """Expect a container's end: it is ours."""
        self._followed.discard(id)

    def close(self) -> None:
        """Follow no more; a thread that waits for output finds that out within a second."""
        self._closed = True
        self._followed.clear()

    def _follow(self, container: Container, round: int, saved: float, since: float | None) -> None:
        paths = self._containers.store.paths.container(container.id)

        def over() -> bool:
            return self._closed or not state.read(paths).running

        began, silent = b"", bool(saved)
        try:
            for entry in log.read(paths.log, follow=True, since=since, ended=over):
                if self._closed:
                    return
                if silent:
                    began += entry.data
                    if b"\n" in began:
                        silent = False
                        line = began.partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r")[:_LINE]
                        moment = entry.time_ns / 1e9
                        name = container.name
                        self._tell(events.Answered(round, name, line, moment - saved, moment))
                self._tell(events.Printed(container.name, entry.stream, entry.data))
        except OSError:
            pass  # Its log went with it.
        with suppress(EngineError):
            if container.id in self._followed and not self._closed:
                self._followed.discard(container.id)
                code = self._containers.get(container.id).state.exit_code
                self._tell(events.Ended(round, container.name, code, time.time()))
