"""The runner itself: a small process that starts programs for whoever started it, and dies with it.

Every program comes with a *line*, a socket of its own, over which its order arrives and its end is told. A
line that closes early ends its program; the end of the caller, however it comes, ends them all.
"""

from __future__ import annotations

import _socket
import os
import select
import signal
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.errors import EngineError, StartFailed, from_os
from engine.kernel import processes
from engine.kernel.capabilities import DEFAULT, names
from engine.kernel.mounts import Mount
from engine.runtime.attachments import Attachment
from engine.runtime.init import Birth
from engine.runtime.launch import bear
from engine.runtime.seccomp.cache import cached_default
from engine.shim.groups import Held
from engine.shim.wire import HANDED, ORDERS, receive, send


class _Run(NamedTuple):
    """A program that has been started."""

    pid: int
    line: _socket.socket
    own_group: Held | None


def main(cache: str) -> None:
    """Serve until the caller is gone; `cache` is the folder of compiled system-call filters."""
    caller = os.pidfd_open(os.getppid())
    os.chdir("/")
    os.umask(0o022)
    processes.set_name("stackyard-run")
    processes.undumpable()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    service = _Service(cache)
    try:
        service.serve(caller)
    finally:
        service.end()
        os._exit(0)


class _Service:
    """The programs that run, and what they share."""

    def __init__(self, cache: str) -> None:
        self._orders = _socket.socket(fileno=ORDERS)
        self._poll = select.poll()
        self._runs: dict[int, tuple[Callable[[_Run], None], _Run]] = {}
        self._count = 0
        self._group: Held | None = None
        self._refusal: EngineError | None = None
        _, held, _ = processes.get_capabilities()
        within_reach = names(held)
        self._filter = cached_default([name for name in DEFAULT if name in within_reach], cache)
        try:
            self._group = Held(str(os.getpid()), {})
        except EngineError as error:
            self._refusal = error

    def serve(self, caller: int) -> None:
        """Take orders and watch what runs, until the caller is gone."""
        for descriptor in (ORDERS, caller):
            self._poll.register(descriptor, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in self._poll.poll()}
            if caller in ready:
                return
            for descriptor in ready & self._runs.keys():
                # One that ended has taken its line along.
                if descriptor in self._runs:
                    handle, run = self._runs[descriptor]
                    handle(run)
            # Last: what it opens may get a number that was closed just now.
            if ORDERS in ready and not self._take():
                return

    def end(self) -> None:
        """Kill what still runs, and leave no control group behind."""
        for handle, run in list(self._runs.values()):
            if handle == self._reap:
                _kill(run)
                os.waitpid(run.pid, 0)
                _remove(run.own_group)
        if self._group:
            self._group.sweep()
        _remove(self._group)

    def _take(self) -> bool:
        """Start what the next order asks for; tell whether there was one."""
        data, handed, _, _ = self._orders.recvmsg(
            1, _socket.CMSG_SPACE(HANDED.size), _socket.MSG_CMSG_CLOEXEC
        )
        if not data or not handed:
            return False
        number, *stdio = HANDED.unpack(handed[0][2])
        line = _socket.socket(fileno=number)
        try:
            if order := receive(line):
                self._start(order, (stdio[0], stdio[1], stdio[2]), line)
        except (EngineError, OSError) as error:
            _refuse(line, error)
        finally:
            for descriptor in stdio:
                os.close(descriptor)
        return True

    def _start(self, order: dict[str, Any], stdio: tuple[int, int, int], line: _socket.socket) -> None:
        group, own = self._group, None
        if order["resources"]:
            self._count += 1
            group = own = Held(f"{os.getpid()}-{self._count}", order["resources"])
        elif group is None:
            raise self._refusal or EngineError("there is no control group")
        try:
            pid = bear(
                Birth(
                    order["rootfs"],
                    order["spec"],
                    tuple(Mount(*mount) for mount in order["union"]),
                    group.group,
                    self._filter,
                    stdio,
                    tuple(Attachment(*attachment) for attachment in order["attachments"]),
                    _console(stdio[0]) if order["spec"]["process"]["terminal"] else None,
                )
            )
        except BaseException:
            _remove(own)
            raise
        run = _Run(pid, line, own)
        ended = os.pidfd_open(pid)
        self._watch(ended, self._reap, run)
        self._watch(line.fileno(), self._give_up, run)

    def _watch(self, descriptor: int, handle: Callable[[_Run], None], run: _Run) -> None:
        self._runs[descriptor] = handle, run
        self._poll.register(descriptor, select.POLLIN)

    def _forget(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        del self._runs[descriptor]

    def _give_up(self, run: _Run) -> None:
        """End a program whose builder has hung up."""
        self._forget(run.line.fileno())
        _kill(run)

    def _reap(self, run: _Run) -> None:
        """Tell how a program ended."""
        _, status = os.waitpid(run.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        for descriptor in [number for number, (_, watched) in self._runs.items() if watched is run]:
            self._forget(descriptor)
            if descriptor != run.line.fileno():
                os.close(descriptor)
        killed = bool(run.own_group and run.own_group.group.oom_killed())
        _remove(run.own_group)
        answer(run.line, {"code": 128 - code if code < 0 else code, "oom_killed": killed})


def answer(line: _socket.socket, words: dict[str, Any]) -> None:
    """Send the last message on a line, and close it."""
    try:
        send(line, words)
    except OSError:
        # Nobody wants to know.
        pass
    line.close()


def _console(socket: int) -> Callable[[Mapping[str, Any]], None]:
    from engine.runtime.console import Console

    return Console(socket).open


def _kill(run: _Run) -> None:
    """Kill a program; the kernel does so with all that it started, whose first process it is."""
    try:
        os.kill(run.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _refuse(line: _socket.socket, error: EngineError | OSError) -> None:
    if isinstance(error, OSError):
        error = from_os(error, "cannot start the program")
    words = {"brief": error.brief, "details": error.details, "resolution": error.resolution}
    code = error.code if isinstance(error, StartFailed) else 125
    answer(line, {"error": words, "code": code})


def _remove(group: Held | None) -> None:
    if group is not None:
        group.remove()
