"""The shim: one small process beside each running container, which outlives whoever started it.

It launches the container, drains its streams into the log, lets visitors in, runs further programs for them,
reaps it, starts it again where that was asked for, and writes how each run ended as one synced file. It never
opens the database. While it lives it holds the lock on the bundle's `alive` file; when that lock is free and
no exit is written, the shim was killed and, by the parent-death signal, its container with it.
"""

from __future__ import annotations

import _socket
import fcntl
import json
import os
import signal
import sys
import time

from engine.errors import EngineError, InUse, StartFailed, from_os
from engine.kernel import processes
from engine.paths import Paths
from engine.shim import talk
from engine.shim.door import Door, Visitor
from engine.shim.log import LogWriter
from engine.shim.loop import Alarm, Loop
from engine.shim.order import ANSWER, ORDER, Order
from engine.shim.record import Ended, write
from engine.shim.restarts import Policy, Restarts
from engine.shim.rotation import Limits
from engine.shim.run import Run
from engine.shim.talk import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.shim.network.uplink import Uplink

_PATIENCE_SECONDS = 5.0
_DONE = {"done": True}
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
    if Monitor(order, paths).serve():
        if order.auto_remove:
            _remove_later(order, paths)
        elif os.path.exists(paths.container(order.id).held):
            _become(order, "release")


def _settle_in() -> None:
    """Let go of what came from the caller: descriptors, folder, umask; keep what is told to it to itself."""
    processes.close_from(ANSWER + 1)
    os.chdir("/")
    os.umask(0o022)
    processes.set_name("stackyard-shim")
    processes.undumpable()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)


class Monitor:
    """One container from its start to its end, all its restarts included."""

    def __init__(self, order: Order, paths: Paths) -> None:
        self._order = order
        self._paths = paths
        self._bundle = paths.container(order.id)
        self._loop = Loop()
        self._restarts = Restarts(Policy(*order.restart))
        self._starter = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, ANSWER)
        self._run: Run | None = None
        self._pause: Alarm | None = None
        self._uplink: Uplink | None = None

    def serve(self) -> bool:
        """Run it for as often as its policy says; tell whether it could be started at all."""
        try:
            _hold(self._bundle.alive)
            self._log = LogWriter(self._bundle.log, Limits.of(self._order.log), self._needed)
            self._door = Door(self._bundle.bundle, self._loop, self._receive)
            self._uplink = self._connected()
            first = self._begun(self._order.run)
        except (EngineError, OSError) as error:
            self._withdraw()
            self._give_up(self._order.run, error)
            self._disconnect()
            return False
        self._welcome(first)
        run: Run | None = first
        while run:
            run = self._lived(run)
        self._disconnect()
        while self._order.auto_remove and self._door.occupied:
            # Whoever has not read all yet would find nothing any more.
            self._loop.turn()
        self._door.close()
        return True

    def _needed(self, end: int) -> int:
        """Tell from which offset on the log is needed by somebody who is attached."""
        return self._door.reached(end)

    def _begun(self, number: int) -> Run:
        network = self._uplink.namespace if self._uplink else -1
        self._run = Run(self._order, self._paths, self._loop, self._log, self._door, number, network)
        self._run.begin(self._restarts.count)
        return self._run

    def _lived(self, run: Run) -> Run | None:
        """See a run to its end; return the next one, if there is to be one."""
        code = run.live()
        self._run = None
        wait, number, ended = self._restarts.after(code, run.seconds), run.number, run.ended(code)
        if wait is None:
            self._withdraw()
        run.record(code, again=wait is not None)
        self._door.release(code)
        while wait is not None:
            self._sleep(wait)
            if self._restarts.forbidden:
                self._withdraw()
                write(self._bundle.exit, ended._replace(again=False), sync=True)
                break
            number += 1
            try:
                return self._begun(number)
            except (EngineError, OSError) as error:
                ended = _failed(number, error)
                wait = self._restarts.after(ended.exit_code, 0)
                if wait is None:
                    self._withdraw()
                self._write(ended._replace(again=wait is not None))
        return None

    def _connected(self) -> Uplink | None:
        """Plug the container in, if it has a network of its own."""
        if self._order.network is None:
            return None
        from engine.runtime.network.plan import plan_of
        from engine.shim.network.uplink import Uplink

        uplink = Uplink(
            plan_of(self._order.network),
            self._paths,
            self._order.id,
            self._order.attributes["name"],
            self._loop,
        )
        uplink.open()
        return uplink

    def _withdraw(self) -> None:
        """Give ports and names back before anybody is told that it is over."""
        if self._uplink:
            self._uplink.withdraw()

    def _disconnect(self) -> None:
        """Take the rest of the network away, after everybody was told."""
        if self._uplink:
            self._uplink.close()
            self._uplink = None

    def _sleep(self, seconds: float) -> None:
        """Wait, for visitors too, unless one says that there is no need any more."""
        self._pause = self._loop.alarm(seconds, lambda: None)
        while self._pause.act and not self._restarts.forbidden:
            self._loop.turn()

    def _welcome(self, run: Run) -> None:
        """Tell whoever asked for the run that it is there; he is the first visitor."""
        visitor = self._door.admit(self._starter)
        run.attach(visitor, {"input": self._order.attached}, listens=self._order.attached)

    def _receive(self, visitor: Visitor, message: Message, descriptors: list[int]) -> None:
        """Do what a visitor asks for."""
        request = message.get("do")
        try:
            if request == "stay-down":
                self._restarts.forbidden = True
                visitor.tell(_DONE)
            elif request == "reached":
                visitor.reached = message["offset"]
            elif request == "policy":
                self._restarts.policy = Policy(*message["policy"])
                visitor.tell(_DONE)
            elif request in ("plug", "unplug"):
                self._rewire(message)
                visitor.tell(_DONE)
            elif self._run is None:
                raise EngineError("the container does not run at the moment")
            elif request == "attach":
                self._run.attach(visitor, message, listens=True)
            elif request == "finish":
                self._run.finish_input()
            elif request == "exec":
                self._run.execute(visitor, descriptors)
        except (EngineError, OSError) as error:
            visitor.tell(refusal(error, "the container cannot do that"))
        finally:
            talk.release(descriptors)

    def _rewire(self, message: Message) -> None:
        """Plug the container into one more network, or out of one."""
        from engine.runtime.network.plan import wire_of

        if self._uplink is None:
            raise EngineError("the container has no network of its own")
        if message["do"] == "plug":
            self._uplink.plug(wire_of(message["wire"]), resolves=message["resolves"])
        else:
            self._uplink.unplug(message["network"])

    def _give_up(self, number: int, error: EngineError | OSError) -> None:
        self._write(_failed(number, error))
        talk.tell(self._starter, refusal(error, "cannot use the container's files"))

    def _write(self, ended: Ended) -> None:
        try:
            write(self._bundle.exit, ended)
        except OSError:
            # Whoever asked is told too.
            return


def _failed(number: int, error: EngineError | OSError) -> Ended:
    """Say that a run could not begin."""
    code = error.code if isinstance(error, StartFailed) else 125
    if isinstance(error, OSError):
        error = from_os(error, "cannot use the container's files")
    return Ended(number, code, time.time(), error.brief, failed=True)


def refusal(error: EngineError | OSError, otherwise: str) -> Message:
    """Word an error for a visitor."""
    code = error.code if isinstance(error, StartFailed) else 125
    if isinstance(error, OSError):
        error = from_os(error, otherwise)
    return {"code": code, "error": error.brief, "details": error.details, "resolution": error.resolution}


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


def _remove_later(order: Order, paths: Paths) -> None:
    """Become the remover of an `--rm` container, unless whoever waited for it has already removed it."""
    time.sleep(_LINGER_SECONDS)
    if os.path.exists(paths.container(order.id).bundle):
        _become(order, "bury")


def _become(order: Order, deed: str) -> None:
    """Become a whole engine for one last deed, which a shim cannot do: it knows no records and no drivers."""
    boot = (
        f"import sys; sys.path.append({sys.path[-1]!r})\n"
        "from engine.engine import Engine\n"
        f"Engine({order.root!r}).containers.{deed}({order.id!r})"
    )
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", boot])
