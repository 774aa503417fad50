"""A runner as its builder has it: it starts programs, so that a process with threads never has to fork.

One runner serves any number of threads at once, and its programs run side by side.
"""

from __future__ import annotations

import _socket
import fcntl
import os
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.errors import Cancelled, EngineError, StartFailed
from engine.kernel.mounts import Mount
from engine.runtime.attachments import Attachment
from engine.shim.interpreter import high, spawn
from engine.shim.wire import HANDED, ORDERS, receive, send

READ_BYTES = 256 << 10
_F_SETPIPE_SZ, _PIPE_BYTES = 1031, 1 << 20
_DRAIN_SECONDS = 1.0
"""How long output is awaited after the end, should a stray process still hold the pipe."""
_BOOT = """import sys
sys.path.append(sys.argv[1])
from engine.shim.runs import main
main({cache!r})"""

Output = Callable[[int, bytes], object]
"""Told the stream, 1 or 2, and what came; while it works, the program waits as soon as its pipe is full."""


class Order(NamedTuple):
    """One program, with the root it gets."""

    rootfs: str
    """An empty directory to mount the root on."""
    spec: Mapping[str, Any]
    """The runtime specification; its system calls are always filtered as docker does by default."""
    union: Sequence[Mount]
    attachments: Sequence[Attachment] = ()
    resources: Mapping[str, Any] = {}
    """Limits, as OCI's `linux.resources`; without any it shares its builder's control group."""


class Ended(NamedTuple):
    """How a program ended."""

    code: int
    """128 and the number of the signal that killed it, as a shell counts."""
    oom_killed: bool = False


class Runner:
    """A runner that has been started; it is ready about 20 ms later, and orders wait for it until then."""

    def __init__(self, cache: str = "") -> None:
        """Start it; `cache` is the folder of compiled system-call filters, empty for none."""
        ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET | _socket.SOCK_CLOEXEC)
        self._orders = ours
        self._lock = threading.Lock()
        self._killed = self._closed = False
        given = high(theirs.detach())
        try:
            self.pid = spawn(_BOOT.format(cache=cache), {ORDERS: given})
        except OSError as error:
            ours.close()
            raise EngineError(f"cannot start a runner: {error.strerror}") from error
        finally:
            os.close(given)

    def run(self, order: Order, output: Output) -> Ended:
        """Run a program to its end, and hand over all that it prints.

        Whatever it left in the background is dead afterwards. If `output` raises, or this thread is
        interrupted, the program is dead before the exception goes on. Raises StartFailed, Cancelled.
        """
        stdin = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        pipes = [os.pipe2(os.O_CLOEXEC) for _ in range(2)]
        readers, writers = [pipe[0] for pipe in pipes], [pipe[1] for pipe in pipes]
        try:
            _widen(readers)
            try:
                line = self.begin(order, (stdin, writers[0], writers[1]))
            finally:
                for descriptor in (stdin, *writers):
                    os.close(descriptor)
            try:
                return self.outcome(_pump(line, readers, output))
            except BaseException:
                end(line)
                raise
            finally:
                line.close()
        finally:
            for descriptor in readers:
                os.close(descriptor)

    def begin(self, order: Order, stdio: tuple[int, int, int]) -> _socket.socket:
        """Start a program on these descriptors, and return the line on which its end will be told."""
        line, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
        handed = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, HANDED.pack(theirs.fileno(), *stdio))]
        words = {
            "rootfs": order.rootfs,
            "spec": order.spec,
            "union": [tuple(mount) for mount in order.union],
            "attachments": [tuple(attachment) for attachment in order.attachments],
            "resources": dict(order.resources),
        }
        try:
            try:
                self._orders.sendmsg([b"\0"], handed)
            finally:
                theirs.close()
            send(line, words)
        except OSError as error:
            line.close()
            raise self._lost() from error
        return line

    def outcome(self, words: Mapping[str, Any] | None) -> Ended:
        """Read what the line said at the end; None is a runner that said nothing."""
        if words is None:
            raise self._lost()
        if "error" in words:
            error = words["error"]
            raise StartFailed(
                error["brief"], words["code"], details=error["details"], resolution=error["resolution"]
            )
        return Ended(words["code"], words["oom_killed"])

    def kill(self) -> None:
        """End whatever runs, from any thread; its callers see Cancelled, and so does who comes later."""
        self._killed = True
        self._let_go()

    def close(self) -> None:
        """Let the runner go, and wait until nothing of it is left."""
        self._let_go()
        with self._lock:
            if not self._closed:
                self._closed = True
                self._orders.close()
                try:
                    os.waitpid(self.pid, 0)
                except ChildProcessError:
                    return

    def _let_go(self) -> None:
        try:
            self._orders.shutdown(_socket.SHUT_RDWR)
        except OSError:
            return

    def _lost(self) -> EngineError:
        if self._killed:
            return Cancelled("the build was cancelled")
        return EngineError("the runner ended before the program did", resolution="try again")


def end(line: _socket.socket) -> None:
    """Have the program killed whose line this is, and wait until it is dead."""
    try:
        line.shutdown(_socket.SHUT_WR)
        while line.recv(4096):
            pass
    except OSError:
        return


def _widen(pipes: Sequence[int]) -> None:
    for pipe in pipes:
        try:
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:
            return


def _pump(line: _socket.socket, readers: Sequence[int], output: Output) -> dict[str, Any] | None:
    """Hand on both streams until the program has ended and they are empty; return what the line said."""
    poll, said, deadline = select.poll(), None, 0.0
    streams = {readers[0]: 1, readers[1]: 2}
    for descriptor in (*streams, line.fileno()):
        poll.register(descriptor, select.POLLIN)
    while streams or not deadline:
        ready = poll.poll(max(0.0, deadline - time.monotonic()) * 1000 if deadline else None)
        if not ready:
            break
        for descriptor, _ in ready:
            if descriptor == line.fileno():
                said = receive(line)
                poll.unregister(descriptor)
                deadline = time.monotonic() + _DRAIN_SECONDS
            elif data := os.read(descriptor, READ_BYTES):
                output(streams[descriptor], data)
            else:
                poll.unregister(descriptor)
                del streams[descriptor]
    return said
