"""A container in the foreground: start it, copy what it prints, pass signals on, end with its exit code."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import EngineError, NotFound

if TYPE_CHECKING:
    from types import FrameType

    from engine.engine import Engine

KEPT = frozenset(("SIGCHLD", "SIGCLD", "SIGPIPE", "SIGURG", "SIGKILL", "SIGSTOP", "SIGWINCH"))
"""Signals that are ours: the rest go to the container."""
FAULTS = frozenset(("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGIOT", "SIGTRAP", "SIGSYS"))


def show(
    engine: Engine, name: str, streams: Sequence[str] = (), *, proxy: bool = True, bury: bool = False
) -> int:
    """Start a container and stay with it; `streams` names what to show (empty: stdout and stderr).

    With `bury` the container is removed once its output has been shown.
    """
    targets = {"stdout": 1, "stderr": 2}
    if streams:
        targets = {stream: target for stream, target in targets.items() if stream in streams}
    since = time.time()
    output = engine.containers.start_attached(name)
    with _proxied(lambda signal_name: engine.containers.kill(name, signal_name), proxy):
        for entry in output:
            target = targets.get(entry.stream)
            if target is not None:
                write(target, entry.data)
        code = _exit_code(engine, name, since)
    if bury:
        engine.containers.bury(name)
    return code


def _exit_code(engine: Engine, name: str, since: float) -> int:
    """Tell how the container ended, even when it was removed while its last words were still being shown."""
    try:
        return engine.containers.wait(name)
    except NotFound:
        for event in engine.events.read(since):
            if event.action == "die" and name in (event.id, event.attributes.get("name")):
                return int(event.attributes.get("exitCode", "0"))
        raise


def write(target: int, data: bytes) -> None:
    """Write all of `data` past Python's buffers, so that order and timing stay the container's."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(target, view) :]
        except BlockingIOError:
            time.sleep(0.005)


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
