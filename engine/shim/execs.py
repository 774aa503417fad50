"""The programs that run in a container besides its own; children of the shim, who survive whoever asked."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from typing import Any

from engine.kernel import processes
from engine.kernel.capabilities import names
from engine.runtime.entering import Entry, enter
from engine.runtime.launch import Launched
from engine.shim.loop import Loop
from engine.shim.streams import Streams, read

_CHUNK = 64 << 10

Ended = Callable[[int], object]
"""Told the exit code."""


class Exec:
    """One of them."""

    def __init__(self, pid: int, streams: Streams) -> None:
        self.pid = pid
        self.streams = streams
        self._pidfd = os.pidfd_open(pid)

    @property
    def pidfd(self) -> int:
        """Readable once it has ended."""
        return self._pidfd

    def kill(self) -> None:
        """End it at once."""
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            return

    def reap(self) -> int:
        """Collect its exit code."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self._pidfd)
        code = os.waitstatus_to_exitcode(status)
        return 128 - code if code < 0 else code


class Execs:
    """Those that run."""

    def __init__(self, loop: Loop, launched: Launched, target: int) -> None:
        self._loop = loop
        self._launched = launched
        self._target = target
        self._running: dict[int, tuple[Exec, Ended]] = {}

    def start(self, document: Mapping[str, Any], streams: Streams, ended: Ended) -> Exec:
        """Start what `document` describes, a specification's `process` without its rights.

        Raises StartFailed, EngineError, OSError.
        """
        program = None if document.get("privileged") else self._launched.filter
        process = {**document, **self._rights(privileged=bool(document.get("privileged")))}
        try:
            self._launched.cgroup.refresh()
            entry = Entry(
                self._target, process, self._launched.cgroup, program, streams.inside, streams.opener
            )
            pid = enter(entry)
            streams.launched()
        except BaseException:
            streams.close()
            raise
        run = Exec(pid, streams)
        self._running[run.pidfd] = run, ended
        self._loop.watch(run.pidfd, lambda: self._reap(run))
        return run

    def drain(self, run: Exec) -> None:
        """Read and forget what it prints from now on: nobody else does."""
        for descriptor in run.streams.outside:
            os.set_blocking(descriptor, False)
            self._loop.watch(descriptor, lambda source=descriptor: self._swallow(run, source))  # type: ignore[misc]

    def end(self) -> None:
        """Collect them all; the container's first process has ended, and they with it."""
        for run, _ in list(self._running.values()):
            run.kill()
            self._reap(run)

    def _rights(self, *, privileged: bool) -> dict[str, Any]:
        own = self._launched.spec["process"]
        rights = {key: own[key] for key in ("capabilities", "noNewPrivileges", "rlimits") if key in own}
        if privileged:
            _, held, _ = processes.get_capabilities()
            everything = sorted(names(held))
            rights["capabilities"] = dict.fromkeys(("bounding", "effective", "permitted"), everything)
        return rights

    def _reap(self, run: Exec) -> None:
        _, ended = self._running.pop(run.pidfd)
        self._loop.forget(run.pidfd)
        code = run.reap()
        ended(code)
        for descriptor in run.streams.outside:
            self._loop.forget(descriptor)
        run.streams.close()

    def _swallow(self, run: Exec, descriptor: int) -> None:
        if read(descriptor, _CHUNK) == b"":
            self._loop.forget(descriptor)
