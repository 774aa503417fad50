"""The companion: a fork of the shim that serves a container's ports and questions for names.

It deals with bytes from anywhere, so it has no capability left; it ends with the shim, and one that has
fallen is followed by another.
"""

from __future__ import annotations

import _socket
import gc
import os
import signal
from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from engine.kernel import processes
from engine.runtime.network.ports import Held
from engine.shim.loop import Alarm, Loop

_PAUSE_SECONDS = 1.0


class Sockets(NamedTuple):
    """What there is to serve."""

    held: tuple[Held, ...]
    names: tuple[_socket.socket, _socket.socket] | None
    """Where names are asked for: datagrams and streams; None: nowhere."""
    folders: tuple[str, ...]
    """Of the networks whose members are told."""
    links: Mapping[str, str]
    """Names for this container alone."""
    servers: tuple[str, ...]
    internal: bool
    """Whether no question may lead out."""


class Companion:
    """The process beside a shim, as the shim sees it."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._pid = 0
        self._pidfd = -1
        self._again: Alarm | None = None

    def begin(self, sockets: Sockets) -> None:
        """Start one. Raises OSError."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _live(sockets, parent)
        self._pid, self._pidfd = pid, os.pidfd_open(pid)
        self._loop.watch(self._pidfd, lambda: self._follow(sockets))

    def end(self) -> None:
        """End it, and wait until it is gone."""
        if self._again:
            self._again.call_off()
            self._again = None
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self._reap()

    def _follow(self, sockets: Sockets) -> None:
        """Let another take the place of one that has fallen."""
        self._reap()
        self._again = self._loop.alarm(_PAUSE_SECONDS, lambda: self.begin(sockets))

    def _reap(self) -> None:
        self._loop.forget(self._pidfd)
        os.waitpid(self._pid, 0)
        os.close(self._pidfd)
        self._pid = 0


def _live(sockets: Sockets, parent: int) -> NoReturn:
    """Serve until the shim ends."""
    try:
        processes.die_with_parent()
        if os.getppid() == parent:
            gc.freeze()
            _settle_in(sockets)
            _serve(sockets)
    finally:
        os._exit(1)


def _settle_in(sockets: Sockets) -> None:
    """Let go of all that is the shim's: its descriptors, its name, its rights."""
    kept = {held.socket.fileno() for held in sockets.held} | {one.fileno() for one in sockets.names or ()}
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                # The one by which the folder was read.
                continue
    processes.set_name("stackyard-net")
    processes.no_new_privileges()
    processes.set_capabilities(0, 0, 0)
    processes.die_with_parent()


def _serve(sockets: Sockets) -> None:
    from engine.runtime.network.members import Members
    from engine.shim.network.relay import relay
    from engine.shim.network.resolver import Datagrams, Resolver, Streams

    loop = Loop()
    served: list[object] = [relay(held, loop) for held in sockets.held]
    if sockets.names:
        datagrams, streams = sockets.names
        resolver = Resolver(
            Members(sockets.folders), sockets.links, sockets.servers, internal=sockets.internal
        )
        served += [Datagrams(datagrams, resolver, loop), Streams(streams, resolver, loop)]
    while served:
        loop.turn()
