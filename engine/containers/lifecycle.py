"""Starting, stopping and ending.

What changes a container's state, each change under the container's own lock.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from engine.containers import state
from engine.containers.programs import health
from engine.containers.record import Container, find
from engine.containers.specification import specification
from engine.containers.state import State
from engine.errors import Conflict, EngineError, NotFound, StartFailed, from_os
from engine.events import EventLog, event
from engine.kernel.processes import start_time
from engine.paths import ContainerPaths, Paths
from engine.runtime.signals import number_of
from engine.shim.order import Order
from engine.shim.record import Ended, write
from engine.shim.spawn import Shim
from engine.shim.talk import Message, release
from engine.shim.visit import Visit
from engine.store.locks import Lock
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.containers.programs.session import Attached
    from engine.runtime.network.plan import Plan

Size = tuple[int, int]

NO_NETWORK = ("driver failed programming external connectivity", "failed to set up container networking")
"""How the sentences begin in which docker says that a container cannot be plugged in."""
_TICK = 1.0
"""Seconds after which a wait looks again, should the end have come without a word (a killed shim)."""
_GRACE = 10.0
"""Seconds that SIGKILL may take."""
_FIRST_PAUSE, _LAST_PAUSE = 0.0005, 0.02


class Lifecycle:
    """The changes of state; `store` says which containers there are."""

    def __init__(self, store: Store, events: EventLog, ready: Shim | None = None) -> None:
        self.store = store
        self.events = events
        self._ready = ready

    def prestart(self) -> None:
        """Bring up a monitor for the next start, if none waits."""
        self._ready = self._ready or Shim()

    def stand_down(self) -> None:
        """Let a monitor go that was brought up and not needed."""
        ready, self._ready = self._ready, None
        if ready:
            ready.close()

    def start(self, name: str, size: Size = (0, 0), *, attached: bool = False) -> Attached | None:
        """Start a container; does nothing when it runs already. Raises StartFailed.

        With `attached`, return a place at its program. `size` is its terminal's, in columns and rows.
        """
        container = find(self.store, name)
        with self.locked(container) as paths:
            now = state.read(paths)
            if now.status == "paused":
                raise Conflict("cannot start a paused container, try unpause instead")
            if now.running:
                return None
            self._clean_up(container, now)
            self.let_go(container)
            try:
                self._write_specification(container, paths, size)
                network = self._network(container, paths)
                session = self._begin(container, now.run + 1, paths, network, attached=attached)
            except (EngineError, OSError):
                self.let_go(container)
                raise
        self._tell(container, "start")
        return session

    def kill(self, name: str, signal_name: str = "SIGKILL") -> None:
        """Send a signal. Raises Conflict when the container does not run."""
        number = number_of(signal_name)
        container = find(self.store, name)
        if not container.state.running:
            raise Conflict(f"Cannot kill container: {name}: Container {container.id} is not running")
        if self._ends(container, number):
            self._keep_down(container)
        self._signal(container.state, number)
        self._tell(container, "kill", signal=str(number))
        if container.state.status == "paused" and self._ends(container, number):
            self._release(container)
        if number == signal.SIGKILL:
            self.await_end(container, _GRACE)

    def stop(self, name: str, timeout: int | None = None, signal_name: str | None = None) -> None:
        """Ask a container to stop, and kill it `timeout` seconds later; a negative timeout waits for ever."""
        container = find(self.store, name)
        if not container.state.running:
            return
        number = number_of(signal_name or container.stop_signal)
        seconds = container.stop_timeout if timeout is None else timeout
        self._keep_down(container)
        self._signal(container.state, number)
        self._tell(container, "kill", signal=str(number))
        if container.state.status == "paused":
            self._release(container)
        if not self.await_end(container, None if seconds < 0 else seconds):
            self._signal(container.state, signal.SIGKILL)
            self._tell(container, "kill", signal=str(int(signal.SIGKILL)))
            if not self.await_end(container, _GRACE):
                raise EngineError(f"cannot stop container: {name}: it did not end after SIGKILL")
        self._tell(container, "stop")

    def restart(self, name: str, timeout: int | None = None, signal_name: str | None = None) -> None:
        """Stop if it runs, then start."""
        self.stop(name, timeout, signal_name)
        self.start(name)
        self._tell(find(self.store, name), "restart")

    def wait(self, name: str) -> int:
        """Wait until a container does not run; return its exit code."""
        container = find(self.store, name)
        self.await_end(container, None)
        now = state.read(self.store.paths.container(container.id))
        return now.exit_code if now.run >= container.state.run else self._told_exit_code(container)

    def _told_exit_code(self, container: Container) -> int:
        """Tell how a container ended that has been removed since, as an `--rm` container is."""
        ends = (
            event
            for event in self.events.read(container.state.started_at)
            if event.action == "die" and event.id == container.id
        )
        return next((int(end.attributes.get("exitCode", "0")) for end in ends), state.KILLED)

    def await_end(self, container: Container, seconds: float | None) -> bool:
        """Wait until a container does not run, at most `seconds`; tell whether it ended."""
        paths = self.store.paths.container(container.id)
        deadline = None if seconds is None else time.monotonic() + seconds
        now = state.read(paths)
        process = _open_process(now)
        try:
            pause = _FIRST_PAUSE
            while now.running:
                left = _TICK if deadline is None else min(_TICK, deadline - time.monotonic())
                if left <= 0:
                    return False
                if process is None or select.select([process], [], [], left)[0]:
                    # The process is gone; its shim has yet to drain the pipes and write the end down.
                    time.sleep(min(pause, left))
                    pause = min(pause * 2, _LAST_PAUSE)
                now = state.read(paths)
        finally:
            if process is not None:
                os.close(process)
        return True

    def settle(self, container: Container) -> None:
        """Write down the end of a run whose shim was killed, and make sure that nothing of it still runs."""
        paths = self.store.paths.container(container.id)
        try:
            with Lock(paths.lock):
                now = state.read(paths)
                if now.lost:
                    self._clean_up(container, now)
                    self.let_go(container)
                    write(paths.exit, Ended(now.run, now.exit_code, time.time(), now.error))
                    self._tell(container, "die", exitCode=str(now.exit_code))
        except OSError:
            # On a full or read-only disk, or for a reader without rights, it stays to be worked out.
            return

    @contextmanager
    def locked(self, container: Container) -> Iterator[ContainerPaths]:
        """Keep others from changing a container's state. Raises NotFound when it has been removed."""
        paths = self.store.paths.container(container.id)
        try:
            lock = Lock(paths.lock)
            lock.acquire()
        except FileNotFoundError:
            raise NotFound(f"No such container: {container.name}") from None
        except OSError as error:
            raise from_os(error, f"cannot start container {container.name}") from error
        try:
            if not os.path.exists(paths.lock):
                # Whoever held the lock has removed the container.
                raise NotFound(f"No such container: {container.name}")
            yield paths
        finally:
            lock.release()

    def _begin(
        self, container: Container, run: int, paths: ContainerPaths, network: Plan | None, *, attached: bool
    ) -> Attached | None:
        shim, self._ready = self._ready or Shim(), None
        order = _order(self.store.paths, container, run, network, attached=attached)
        try:
            visit, answer, handed = shim.begin(order)
        except StartFailed as error:
            prefix = "" if error.brief.startswith(NO_NETWORK) else "failed to create task for container: "
            brief = f"{prefix}{error.brief}"
            raise StartFailed(brief, error.code, details=error.details, resolution=error.resolution) from None
        if not attached:
            release(handed)
            visit.close()
            return None
        from engine.containers.programs.session import place

        return place(visit, answer, handed, paths)

    def _write_specification(self, container: Container, paths: ContainerPaths, size: Size) -> None:
        try:
            document = specification(container, self.store, self._mounts(container))
            document["process"]["consoleSize"] = {"width": size[0], "height": size[1]}
            with open(paths.spec, "w", encoding="utf-8") as file:
                json.dump(document, file)
        except OSError as error:
            raise from_os(error, f"cannot prepare container {container.name}") from error

    def _network(self, container: Container, paths: ContainerPaths) -> Plan | None:
        """Work out what it is plugged into, and write the files that say so to its programs."""
        mode = container.host_config["NetworkMode"]
        if mode in ("none", "host") or mode.startswith("container:"):
            return None
        from engine.containers.network.starting import planned, write_files
        from engine.network.networks import Networks

        plan = planned(container, Networks(self.store, self.events))
        if plan:
            write_files(container, plan, paths)
        return plan

    def _mounts(self, container: Container) -> Sequence[Mapping[str, Any]]:
        if not container.points:
            return ()
        from engine.containers.mounts import mounting

        return mounting.entries(container, self.store, self.events)

    def let_go(self, container: Container) -> None:
        """Release what a run that is over was promised of others' volumes."""
        if os.path.exists(self.store.paths.container(container.id).held):
            from engine.containers.mounts import mounting

            mounting.release(container, self.store)

    def _clean_up(self, container: Container, now: State) -> None:
        """After a run that ended without its shim: kill what escaped, and remove its control group."""
        if now.lost:
            from engine.runtime.cgroups.cgroup import Cgroup

            group = Cgroup.open(container.cgroup)
            group.kill()
            group.remove()
            if container.networks not in ((), ("none",), ("host",)):
                from engine.containers.network.leftovers import clear

                clear(container, self.store)

    def _ends(self, container: Container, number: int) -> bool:
        """Tell whether a signal is meant to end the container; docker lets a paused one go on for it."""
        own = container.config["Config"].get("StopSignal")
        return number == signal.SIGKILL or not own or number == number_of(own)

    def _release(self, container: Container) -> None:
        from engine.containers.programs.pausing import release

        release(container, self.store.paths.container(container.id), self.events)

    def _keep_down(self, container: Container) -> None:
        """See that its policy does not start it again."""
        if container.host_config["RestartPolicy"]["Name"] != "no":
            self.say(container, {"do": "stay-down"})

    def say(self, container: Container, message: Message) -> None:
        """Say something to a container's shim, and wait until it was heard; one that is gone need not."""
        with suppress(Conflict, StartFailed):
            visit = Visit.come(self.store.paths.container(container.id).bundle)
            try:
                visit.ask(message)
            finally:
                visit.close()

    def _signal(self, now: State, number: int) -> None:
        """Signal the container's first process through a pidfd, never a later process with its number."""
        process = _open_process(now)
        if process is None:
            return
        try:
            signal.pidfd_send_signal(process, number)
        except ProcessLookupError:
            return
        finally:
            os.close(process)

    def _tell(self, container: Container, action: str, **more: str) -> None:
        self.events.append(event("container", action, container.id, **container.attributes(), **more))


def _open_process(now: State) -> int | None:
    """Open the pidfd of a container's first process; None when it is gone."""
    try:
        process = os.pidfd_open(now.pid) if now.pid else None
    except ProcessLookupError:
        return None
    if process is not None and start_time(now.pid) != now.ticks:
        os.close(process)
        return None
    return process


def _order(paths: Paths, container: Container, run: int, network: Plan | None, *, attached: bool) -> Order:
    config, host = container.config["Config"], container.host_config
    policy = host["RestartPolicy"]
    return Order(
        paths.root,
        paths.run,
        container.id,
        run,
        bool(host["AutoRemove"]),
        attached,
        container.attributes(),
        config["Tty"],
        config["OpenStdin"],
        config["StdinOnce"],
        (policy["Name"] or "no", policy["MaximumRetryCount"]),
        health.check(config),
        host.get("LogConfig"),
        network and list(network),
    )
