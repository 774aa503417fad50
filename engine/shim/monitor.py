"""The shim: one small process beside each running container, which outlives whoever started it.

It launches the container, drains its pipes into the log, reaps it, and writes how it ended as one synced
file. It never opens the database. While it lives it holds the lock on the bundle's `alive` file; when that
lock is free and no exit is written, the shim was killed and, by the parent-death signal, its container with
it.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import sys
import time
from typing import Any, NamedTuple

from engine.errors import EngineError, InUse, StartFailed, from_os
from engine.events import EventLog, event
from engine.kernel import processes
from engine.paths import ContainerPaths, Paths
from engine.runtime.launch import Launched, launch
from engine.shim.doorbell import Ringer
from engine.shim.frames import STDERR, STDOUT
from engine.shim.log import LogWriter
from engine.shim.order import ANSWER, ORDER, Order
from engine.shim.record import Ended, Started, reserve, write

READ_BYTES = 256 << 10
_F_SETPIPE_SZ, _PIPE_BYTES = 1031, 1 << 20
_DRAIN_SECONDS = 1.0
"""How long output is awaited after the end, should a stray process still hold the pipe."""
_PATIENCE_SECONDS = 5.0
_LINGER_SECONDS = 0.3
"""How long whoever waits for an `--rm` container has to remove it before the shim does."""


def main() -> None:
    """Take the order, run the container to its end, record how it ended."""
    text = b""
    while chunk := os.read(ORDER, 65536):
        text += chunk
    os.close(ORDER)
    if not text:
        return
    order = Order(**json.loads(text))
    _settle_in()
    paths = Paths(order.root, order.run_folder)
    if _run(order, paths) and order.auto_remove:
        _remove_later(order, paths)


def _settle_in() -> None:
    """Let go of what came from the caller: descriptors, folder, umask; keep what is told to it to itself."""
    processes.close_from(ANSWER + 1)
    os.chdir("/")
    os.umask(0o022)
    processes.set_name("stackyard-shim")
    processes.undumpable()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)


def _run(order: Order, paths: Paths) -> bool:
    bundle = paths.container(order.id)
    launched = None
    try:
        _hold(bundle.alive)
        log = LogWriter(bundle.log)
        pipes = _Pipes.make()
        launched = launch(bundle, pipes.inside, cache=f"{paths.root}/seccomp")
        pipes.close_inside()
        ticks = processes.start_time(launched.pid) or 0
        reserve(bundle.exit)
        write(bundle.state, Started(order.run, launched.pid, ticks, os.getpid(), time.time()))
    except (EngineError, OSError) as error:
        if launched:
            _undo(launched)
        _give_up(order, bundle, error)
        return False
    _answer({"pid": launched.pid})
    bell = Ringer(ANSWER)
    if not order.attached:
        bell.close()
    status = _pump(launched.pid, pipes, log, bell)
    _record(order, paths, bundle, launched, status)
    bell.close()
    return True


def _hold(path: str) -> None:
    """Lock the file that says this run lives; the shim of the run before may need a moment to let go."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise InUse("another run of this container is not over yet") from None
            time.sleep(0.002)


def _undo(launched: Launched) -> None:
    """End a container of whose start nothing could be written down."""
    os.kill(launched.pid, signal.SIGKILL)
    os.waitpid(launched.pid, 0)
    launched.cgroup.remove()


def _give_up(order: Order, bundle: ContainerPaths, error: EngineError | OSError) -> None:
    code = error.code if isinstance(error, StartFailed) else 125
    if isinstance(error, OSError):
        error = from_os(error, "cannot use the container's files")
    try:
        write(bundle.exit, Ended(order.run, code, time.time(), error.brief, failed=True))
    except OSError:
        # The answer tells it too.
        pass
    _answer({"code": code, "error": str(error), "resolution": error.resolution})
    os.close(ANSWER)


class _Pipes(NamedTuple):
    """The container's three standard streams, and our ends of two of them."""

    inside: tuple[int, int, int]
    stdout: int
    stderr: int

    @classmethod
    def make(cls) -> _Pipes:
        """Open the pipes; standard input is empty."""
        stdin = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        (stdout, outward), (stderr, errward) = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
        for pipe in (stdout, stderr):
            try:
                fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
            except OSError:
                break
        return cls((stdin, outward, errward), stdout, stderr)

    def close_inside(self) -> None:
        """Let go of the container's ends, so that their closing is seen."""
        for descriptor in self.inside:
            os.close(descriptor)


def _answer(words: dict[str, Any]) -> None:
    try:
        os.write(ANSWER, json.dumps(words).encode() + b"\n")
    except BrokenPipeError:
        return


def _pump(pid: int, pipes: _Pipes, log: LogWriter, bell: Ringer) -> int:
    """Copy both streams into the log until the container has ended and they are empty.

    Return its wait status.
    """
    poll, ended, status, deadline = select.poll(), os.pidfd_open(pid), 0, 0.0
    streams = {pipes.stdout: STDOUT, pipes.stderr: STDERR}
    for descriptor in (*streams, ended):
        poll.register(descriptor, select.POLLIN)
    while streams or not deadline:
        wait = max(0.0, deadline - time.monotonic()) * 1000 if deadline else None
        ready = poll.poll(wait)
        if not ready:
            break
        for descriptor, _ in ready:
            if descriptor == ended:
                _, status = os.waitpid(pid, 0)
                poll.unregister(ended)
                deadline = time.monotonic() + _DRAIN_SECONDS
            elif data := os.read(descriptor, READ_BYTES):
                log.write(streams[descriptor], data)
                bell.ring()
            else:
                poll.unregister(descriptor)
                del streams[descriptor]
    return status


def _record(order: Order, paths: Paths, bundle: ContainerPaths, launched: Launched, status: int) -> None:
    code = os.waitstatus_to_exitcode(status)
    code = 128 - code if code < 0 else code
    oom_killed = launched.cgroup.oom_killed()
    try:
        launched.cgroup.remove()
    except EngineError:
        launched.cgroup.kill()
    try:
        write(
            bundle.exit,
            Ended(order.run, code, time.time(), oom_killed=oom_killed),
            sync=not order.auto_remove,
        )
    except OSError:
        # A full disk or a vanished bundle: the freed `alive` lock still tells that the run is over.
        return
    journal = EventLog(paths.events)
    if oom_killed:
        journal.append(event("container", "oom", order.id, **order.attributes))
    journal.append(event("container", "die", order.id, exitCode=str(code), **order.attributes))


def _remove_later(order: Order, paths: Paths) -> None:
    """Become the remover of an `--rm` container, unless whoever waited for it has already removed it."""
    time.sleep(_LINGER_SECONDS)
    if os.path.exists(paths.container(order.id).bundle):
        boot = (
            f"import sys; sys.path.append({sys.path[-1]!r})\n"
            "from engine.engine import Engine\n"
            f"Engine({order.root!r}).containers.bury({order.id!r})"
        )
        os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", boot])
