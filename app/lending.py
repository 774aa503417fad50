"""Lending the caller's terminal to a program: raw while it runs, of our size, and as it was afterwards."""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.detaching import PATIENCE_SECONDS, Detaching
from app.output import show, size

if TYPE_CHECKING:
    from types import FrameType

    from engine.containers.programs.session import Session

_CHUNK = 64 << 10
_INPUT, _OUTPUT = 0, 1


def lend(session: Session, keys: bytes, *, redraw: bool = False) -> bool:
    """Let a program have our terminal until it ends or the detach keys are typed; tell whether they were.

    With `redraw` it is made to paint anew what it has painted before.
    """
    with raw(), _sized(session) as follow:
        relay = _Relay(session, Detaching(keys))
        if redraw:
            # A program paints when its size changes, and only then.
            width, height = size()
            session.resize(width + 1, height + 1)
            relay.once_painted = follow
        return relay.run()


@contextmanager
def raw() -> Iterator[None]:
    """Hand every key over unseen, and restore the terminal, also when this process is asked to end."""
    before = termios.tcgetattr(_INPUT)
    with _ending():
        try:
            # What was typed ahead stays.
            tty.setraw(_INPUT, termios.TCSADRAIN)
            yield
        finally:
            termios.tcsetattr(_INPUT, termios.TCSADRAIN, before)


@contextmanager
def _ending() -> Iterator[None]:
    """Turn the signals that would end this process at once into an exception."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with handling(signal.SIGTERM, leave), handling(signal.SIGHUP, leave):
        yield


@contextmanager
def _sized(session: Session) -> Iterator[Callable[[], object]]:
    """Keep the program's terminal as large as ours; yield what does so once more."""

    def follow(_: int = 0, __: FrameType | None = None) -> None:
        try:
            session.resize(*size())
        except OSError:
            return

    with handling(signal.SIGWINCH, follow):
        follow()
        yield follow


@contextmanager
def handling(number: signal.Signals, handler: object) -> Iterator[None]:
    """Handle a signal inside the block; only a process's main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)  # type: ignore[arg-type]
    try:
        yield
    finally:
        signal.signal(number, before)


class _Relay:
    """Both directions, until the program has ended or we are called back."""

    def __init__(self, session: Session, detaching: Detaching) -> None:
        self._session = session
        self._detaching = detaching
        self._typed = b""
        self.once_painted: Callable[[], object] | None = None
        """To be done after the first output, or when there is none."""

    def run(self) -> bool:
        """Copy; tell whether the detach keys were typed."""
        while True:
            output = self._session.read()
            for _, data in output:
                show(_OUTPUT, data)
            if self._session.over:
                return False
            if output:
                self._settle()
            ready = self._wait()
            if _INPUT in ready and self._take():
                return True
            if not ready:
                self._settle()
                self._typed += self._detaching.let_go()
            self._typed = self._typed[self._session.write(self._typed) :] if self._typed else b""

    def _settle(self) -> None:
        act, self.once_painted = self.once_painted, None
        if act:
            act()

    def _wait(self) -> set[int]:
        """Wait for news, for keys, for room for what was typed; none of them means a moment of silence."""
        poll = select.poll()
        for descriptor in self._session.descriptors:
            poll.register(descriptor, select.POLLIN)
        if self._typed:
            # What the program does not read is not read from the keyboard, while its output goes on.
            poll.register(self._session.room(), select.POLLOUT | select.POLLIN)
        else:
            poll.register(_INPUT, select.POLLIN)
        patience = PATIENCE_SECONDS * 1000 if self._detaching.held or self.once_painted else None
        return {descriptor for descriptor, _ in poll.poll(patience)}

    def _take(self) -> bool:
        """Take what was typed; tell whether it ended in the detach keys, or whoever typed has gone."""
        try:
            typed = os.read(_INPUT, _CHUNK)
        except OSError:
            typed = b""
        if not typed:
            return True
        passed, detached = self._detaching.feed(typed)
        self._typed += passed
        if detached and self._typed:
            self._session.write(self._typed)
        return detached
