"""Asking a container every now and then whether it is well, as its HEALTHCHECK says.

Follows docker: the first question comes after one interval; failures in the start period do not count; so
many failures in a row make it unhealthy, one success makes it healthy again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.errors import EngineError
from engine.moments import written
from engine.shim.execs import Exec, Execs
from engine.shim.loop import Alarm, Loop
from engine.shim.streams import Streams, read

_MOST_OUTPUT = 4096
_KEPT = 5
_FAILED_TO_RUN = -1
_CHUNK = 64 << 10

Tell = Callable[[str], object]


class Check(NamedTuple):
    """What is asked, and how often; times in seconds."""

    arguments: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 30.0
    start_period: float = 0.0
    start_interval: float = 5.0
    retries: int = 3


class Health:
    """How a container has answered so far, kept in a file of its bundle."""

    def __init__(
        self, check: Check, path: str, loop: Loop, execs: Execs, process: Mapping[str, Any], tell: Tell
    ) -> None:
        """Begin with the first question one interval from now; `tell` hears of each change.

        `process` is the container's own: it is asked as the same user, in the same folder.
        """
        self._check = check
        self._path = path
        self._loop = loop
        self._execs = execs
        self._document = {
            **{key: process[key] for key in ("env", "cwd", "user")},
            "args": list(check.arguments),
            "terminal": False,
        }
        self._tell = tell
        self._began = time.monotonic()
        self._stopped = False
        self._status = "starting"
        self._streak = 0
        self._log: list[dict[str, Any]] = []
        self._write()
        self._alarm = self._next()

    def stop(self) -> None:
        """Ask no more, and hear no more."""
        self._stopped = True
        self._alarm.call_off()

    def _next(self) -> Alarm:
        starting = self._status == "starting" and self._starts()
        wait = self._check.start_interval if starting else self._check.interval
        return self._loop.alarm(wait, self._ask)

    def _starts(self) -> bool:
        return time.monotonic() - self._began < self._check.start_period

    def _ask(self) -> None:
        question = _Question(self._check.timeout, self._loop, self._hear)
        try:
            question.put(self._execs, self._document)
        except (EngineError, OSError) as error:
            question.answer(_FAILED_TO_RUN, str(error))

    def _hear(self, began: float, code: int, output: str) -> None:
        """Take the answer to a question that was put at `began`."""
        if self._stopped:
            return
        entry = {"Start": written(began), "End": written(time.time()), "ExitCode": code, "Output": output}
        self._log = [*self._log, entry][-_KEPT:]
        before = self._status
        if code == 0:
            self._status, self._streak = "healthy", 0
        elif not (self._status == "starting" and self._starts()):
            self._streak += 1
            if self._streak >= self._check.retries:
                self._status = "unhealthy"
        self._write()
        if self._status != before:
            self._tell(f"health_status: {self._status}")
        self._alarm = self._next()

    def _write(self) -> None:
        document = {"Status": self._status, "FailingStreak": self._streak, "Log": self._log}
        draft = f"{self._path}.new"
        try:
            with open(draft, "w", encoding="utf-8") as file:
                json.dump(document, file)
            os.rename(draft, self._path)
        except OSError:
            # A full disk does not make anybody ill.
            return


class _Question:
    """One run of the check's program."""

    def __init__(self, timeout: float, loop: Loop, hear: Callable[[float, int, str], None]) -> None:
        self._timeout = timeout
        self._loop = loop
        self._hear = hear
        self._began = time.time()
        self._said = b""
        self._late = False
        self._alarm: Alarm | None = None

    def put(self, execs: Execs, document: Mapping[str, Any]) -> None:
        """Start the program."""
        streams = Streams.pipes(stdin=False)
        run = execs.start(document, streams, lambda code: self._end(streams, code))
        self._alarm = self._loop.alarm(self._timeout, lambda: self._give_up(run))
        for descriptor in streams.outside:
            os.set_blocking(descriptor, False)
            self._loop.watch(descriptor, lambda source=descriptor: self._listen(source))  # type: ignore[misc]

    def answer(self, code: int, output: str) -> None:
        """Hand the answer on."""
        self._hear(self._began, code, output)

    def _listen(self, descriptor: int) -> None:
        data = read(descriptor, _CHUNK)
        if data == b"":
            self._loop.forget(descriptor)
        elif data:
            self._said = (self._said + data)[:_MOST_OUTPUT]

    def _give_up(self, run: Exec) -> None:
        self._late = True
        run.kill()

    def _end(self, streams: Streams, code: int) -> None:
        for descriptor in streams.outside:
            self._listen(descriptor)
        if self._alarm:
            self._alarm.call_off()
        if self._late:
            self.answer(_FAILED_TO_RUN, f"Health check exceeded timeout ({_span(self._timeout)})")
        else:
            self.answer(code, self._said.decode(errors="replace"))


def _span(seconds: float) -> str:
    """Write a time as Go does: 30s, 1m30s, 500ms."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:g}m{rest:g}s" if minutes else f"{rest:g}s"
