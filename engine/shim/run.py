"""One run of a container, from its launch to the last word that it printed."""

from __future__ import annotations

import json
import os
import signal
import time

from engine.errors import EngineError
from engine.events import EventLog, event
from engine.kernel import processes
from engine.paths import Paths
from engine.runtime.launch import Launched, launch
from engine.shim.door import Door, Visitor
from engine.shim.execs import Execs
from engine.shim.log import LogWriter
from engine.shim.loop import Loop
from engine.shim.order import Order
from engine.shim.record import Ended, Started, reserve, write
from engine.shim.streams import Streams, read
from engine.shim.talk import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.shim.health import Health

READ_BYTES = 256 << 10
_DRAIN_SECONDS = 1.0
"""How long output is awaited after the end, should a stray process still hold the pipe."""
_MOST_WORDS = 16 << 20


class Run:
    """A container that runs, with its streams, its visitors and the programs they run in it."""

    def __init__(
        self,
        order: Order,
        paths: Paths,
        loop: Loop,
        log: LogWriter,
        door: Door,
        number: int,
        network: int = -1,
    ) -> None:
        """`network` is the descriptor of the namespace it is to be in; -1: the specification says which."""
        self.number = number
        self._network = network
        self._order = order
        self._paths = paths
        self._bundle = paths.container(order.id)
        self._loop = loop
        self._log = log
        self._door = door
        self._status: int | None = None
        self._oom_killed = False
        self._drained = False

    def begin(self, restarts: int) -> None:
        """Launch it. Raises StartFailed, EngineError, OSError; nothing is left behind then."""
        self._streams = self._stdio()
        launched = None
        try:
            launched = launch(
                self._bundle,
                self._streams.inside,
                self._streams.opener,
                cache=f"{self._paths.root}/seccomp",
                network=self._network,
            )
            self._streams.launched()
            ticks = processes.start_time(launched.pid) or 0
            reserve(self._bundle.exit)
            self._began = time.time()
            started = Started(self.number, launched.pid, ticks, os.getpid(), self._began, restarts)
            write(self._bundle.state, started)
        except BaseException:
            self._streams.close()
            if launched:
                _undo(launched)
            raise
        self._launched = launched
        self._pidfd = os.pidfd_open(launched.pid)
        self._execs = Execs(self._loop, launched, self._pidfd)
        self._loop.watch(self._pidfd, self._reap)
        for descriptor, stream in self._streams.outside.items():
            self._loop.watch(descriptor, lambda source=descriptor, to=stream: self._copy(source, to))  # type: ignore[misc]
        self._health = self._asked_after()
        if restarts:
            self._tell("start")

    def live(self) -> int:
        """Serve until it has ended and its streams are empty; return its exit code."""
        while self._status is None or not self._drained:
            self._loop.turn()
            self._drained = self._drained or (self._status is not None and not self._streams.outside)
        for descriptor in list(self._streams.outside):
            self._loop.forget(descriptor)
        self._streams.close()
        code = os.waitstatus_to_exitcode(self._status)
        return 128 - code if code < 0 else code

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.time() - self._began

    def ended(self, code: int, *, again: bool = False) -> Ended:
        """Say how it ended."""
        return Ended(self.number, code, time.time(), oom_killed=self._oom_killed, again=again)

    def record(self, code: int, *, again: bool) -> None:
        """Write down how it ended, and clean up after it."""
        group = self._launched.cgroup
        group.refresh()
        self._oom_killed = group.oom_killed()
        try:
            group.remove()
        except EngineError:
            group.kill()
        try:
            write(self._bundle.exit, self.ended(code, again=again), sync=not self._order.auto_remove)
        except OSError:
            # A full disk or a vanished bundle: the freed `alive` lock still tells that the run is over.
            return
        if self._oom_killed:
            self._tell("oom")
        self._tell("die", exitCode=str(code))

    def attach(self, visitor: Visitor, message: Message, *, listens: bool) -> None:
        """Let a visitor hear the bell, and type if he wants to and anybody can."""
        visitor.listens, visitor.reached = listens, self._log.offset
        streams, typing = self._streams, bool(message.get("input")) and self._order.stdin
        terminal = streams.is_terminal
        if typing and self._order.stdin_once and not terminal:
            visitor.left.append(streams.finish_input)
        answer = {"pid": self._launched.pid, "terminal": terminal, "offset": self._log.offset}
        visitor.tell(answer, [streams.entrance] if (typing or terminal) and streams.entrance >= 0 else [])
        if listens:
            # There may be something to read already.
            visitor.ring()

    def finish_input(self) -> None:
        """Let it see the end of its input, if that was only ever meant for one."""
        if self._order.stdin_once:
            self._streams.finish_input()

    def execute(self, visitor: Visitor, descriptors: list[int]) -> None:
        """Run another program in it, as the file that a visitor has handed over says. Raises StartFailed."""
        document = json.loads(os.pread(descriptors[0], _MOST_WORDS, 0))
        if document["terminal"]:
            streams = Streams.terminal(main=False)
        else:
            streams = Streams.pipes(stdin=document["stdin"])
        id = document["id"]

        def ended(code: int) -> None:
            visitor.left.clear()
            visitor.tell({"exit": code})
            self._tell("exec_die", execID=id, exitCode=str(code))

        run = self._execs.start(document, streams, ended)
        ends = [*streams.outside, *({streams.entrance} - streams.outside.keys() - {-1})]
        if document["detached"]:
            self._execs.drain(run)
            visitor.tell({"pid": run.pid})
        else:
            visitor.left.append(lambda: self._execs.drain(run))
            visitor.tell({"pid": run.pid}, ends)
        if not streams.is_terminal:
            # Whoever types has it alone, so that its closing is the end.
            streams.finish_input()

    def _stdio(self) -> Streams:
        return Streams.terminal() if self._order.terminal else Streams.pipes(stdin=self._order.stdin)

    def _asked_after(self) -> Health | None:
        if not self._order.health:
            return None
        from engine.shim.health import Check, Health

        check, process = Check(**self._order.health), self._launched.spec["process"]
        return Health(check, self._bundle.health, self._loop, self._execs, process, self._tell)

    def _copy(self, descriptor: int, stream: int) -> None:
        """Copy what there is into the log."""
        data = read(descriptor, READ_BYTES)
        if data:
            self._log.write(stream, data)
            self._door.ring()
        elif data == b"":
            self._loop.forget(descriptor)
            del self._streams.outside[descriptor]
            if descriptor != self._streams.entrance:
                os.close(descriptor)

    def _reap(self) -> None:
        _, self._status = os.waitpid(self._launched.pid, 0)
        self._loop.forget(self._pidfd)
        os.close(self._pidfd)
        if self._health:
            self._health.stop()
        self._execs.end()
        if not self._launched.alone:
            # Among others' pids the kernel does not end the rest.
            self._launched.cgroup.kill()
        self._loop.alarm(_DRAIN_SECONDS, self._give_up_draining)

    def _give_up_draining(self) -> None:
        self._drained = True

    def _tell(self, action: str, **more: str) -> None:
        entry = event("container", action, self._order.id, **self._order.attributes, **more)
        EventLog(self._paths.events).append(entry)


def _undo(launched: Launched) -> None:
    """End a container of whose start nothing could be written down."""
    os.kill(launched.pid, signal.SIGKILL)
    os.waitpid(launched.pid, 0)
    launched.cgroup.remove()
