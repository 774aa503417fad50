"""Staying with a program in a container: what it prints is shown, what is typed and signalled is for it."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from app.output import show
from engine.errors import EngineError, NotFound

if TYPE_CHECKING:
    from types import FrameType

    from engine.containers.programs.session import Session
    from engine.engine import Engine

KEPT = frozenset(("SIGCHLD", "SIGCLD", "SIGPIPE", "SIGURG", "SIGKILL", "SIGSTOP", "SIGWINCH"))
"""Signals that are ours: the rest go to the container."""
FAULTS = frozenset(("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGIOT", "SIGTRAP", "SIGSYS"))
BOTH = frozenset(("stdout", "stderr"))
_INPUT = 0
_CHUNK = 64 << 10


class Manner(NamedTuple):
    """How somebody stays."""

    streams: Collection[str] = BOTH
    """Of stdin, stdout and stderr: what he is attached to."""
    keys: bytes = b""
    """What he types to leave a terminal."""
    proxy: bool = True
    """Whether his signals are for the container, if it has no terminal."""
    redraw: bool = False
    """Whether the terminal showed something before."""


def stay(engine: Engine, name: str, session: Session, manner: Manner) -> int | None:
    """Stay with a container's own program to its end; return its exit code, None if he left before."""
    since = time.time()
    with _proxied(lambda sent: engine.containers.kill(name, sent), manner.proxy and not session.terminal):
        left = relay(session, manner)
        session.close()
        return None if left else _exit_code(engine, name, session, since)


def relay(session: Session, manner: Manner) -> bool:
    """Copy until the program has ended; tell whether somebody left before."""
    typing = "stdin" in manner.streams
    if session.terminal and typing:
        from app.lending import lend

        return lend(session, manner.keys, redraw=manner.redraw)
    _copy(session, manner.streams, typing=typing)
    return False


def _copy(session: Session, streams: Collection[str], *, typing: bool) -> None:
    targets = {number: number for number, name in ((1, "stdout"), (2, "stderr")) if name in streams}
    typed = b""
    while True:
        for stream, data in session.read():
            if stream in targets:
                show(targets[stream], data)
        if session.over:
            return
        poll = select.poll()
        for descriptor in session.descriptors:
            poll.register(descriptor, select.POLLIN)
        if typed:
            # What the program does not read is not read from our input, while its output goes on.
            poll.register(session.room(), select.POLLOUT)
        elif typing:
            poll.register(_INPUT, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll()}
        if _INPUT in ready and not typed:
            typed = os.read(_INPUT, _CHUNK)
            typing = bool(typed)
            if not typing:
                session.finish_input()
        typed = typed[session.write(typed) :] if typed else b""


def _exit_code(engine: Engine, name: str, session: Session, since: float) -> int:
    """Tell how the run ended, even when its monitor was killed or it was removed meanwhile."""
    if session.exit_code is not None:
        return session.exit_code
    try:
        return engine.containers.wait(name)
    except NotFound:
        for event in engine.events.read(since):
            if event.action == "die" and name in (event.id, event.attributes.get("name")):
                return int(event.attributes.get("exitCode", "0"))
        raise


@contextmanager
def _proxied(send: Callable[[str], object], proxy: bool) -> Iterator[None]:
    """Send the signals this process gets to the container instead, for as long as the block runs."""
    if not proxy:
        yield
        return

    def forward(number: int, frame: FrameType | None) -> None:
        try:
            send(signal.Signals(number).name)
        except EngineError:
            # It ended meanwhile: nobody is left to tell.
            return

    numbers = [sent for sent in signal.Signals if sent.name not in KEPT and sent.name not in FAULTS]
    before = {number: signal.signal(number, forward) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
