"""Lending the caller's terminal to a program: raw while it runs, of our size, and as it was afterwards."""

from __future__ import annotations

import _socket
import errno
import os
import select
import signal
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from engine.errors import InvalidInput
from engine.runtime.console import receive, resize
from engine.shim.runner import Ended, Order, Runner, end
from engine.shim.wire import receive as receive_words

_CHUNK = 65536
_LINGER_MS = 200
"""How long the program's last words are awaited after its end."""
_INPUT, _OUTPUT = 0, 1


def interact(runner: Runner, order: Order) -> Ended:
    """Run a program whose specification asks for a terminal on the caller's own; return once it has ended.

    Raises InvalidInput if standard input is no terminal, and StartFailed. Whatever happens, the terminal is
    as it was, and the program is dead.
    """
    if not os.isatty(_INPUT) or not os.isatty(_OUTPUT):
        raise InvalidInput("the input device is not a TTY", resolution="run it in a terminal")
    process = order.spec["process"]
    width, height = os.get_terminal_size(_OUTPUT)
    process["consoleSize"] = {"width": width, "height": height}
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        try:
            line = runner.begin(order, (theirs.fileno(),) * 3)
        finally:
            theirs.close()
        try:
            master = receive(ours)
            if master is None:
                return runner.outcome(receive_words(line))
            try:
                with _raw(), _sized(master):
                    _relay(master, line)
            finally:
                os.close(master)
            return runner.outcome(receive_words(line))
        except BaseException:
            end(line)
            raise
        finally:
            line.close()
    finally:
        ours.close()


@contextmanager
def _raw() -> Iterator[None]:
    """Hand every key over unseen, and restore the terminal, also when this process is asked to end."""
    before = termios.tcgetattr(_INPUT)
    with _ending():
        try:
            tty.setraw(_INPUT)
            yield
        finally:
            termios.tcsetattr(_INPUT, termios.TCSADRAIN, before)


@contextmanager
def _ending() -> Iterator[None]:
    """Turn the signals that would end this process at once into an exception."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with _handling(signal.SIGTERM, leave), _handling(signal.SIGHUP, leave):
        yield


@contextmanager
def _sized(master: int) -> Iterator[None]:
    """Keep the program's terminal as large as ours."""

    def follow(_: int = 0, __: FrameType | None = None) -> None:
        try:
            resize(master, *os.get_terminal_size(_OUTPUT))
        except OSError:
            return

    with _handling(signal.SIGWINCH, follow):
        follow()
        yield


@contextmanager
def _handling(number: signal.Signals, handler: object) -> Iterator[None]:
    """Handle a signal inside the block; only a process's main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)  # type: ignore[arg-type]
    try:
        yield
    finally:
        signal.signal(number, before)


def _relay(master: int, line: _socket.socket) -> None:
    """Copy both ways until the program has ended and said all."""
    os.set_blocking(master, False)
    poll, over, typed = select.poll(), False, b""
    for descriptor in (_INPUT, master, line.fileno()):
        poll.register(descriptor, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll(_LINGER_MS if over else None)}
        said = _read(master) if master in ready else b""
        if said is not None:
            _show(said)
        if over and not said:
            return None
        over = over or line.fileno() in ready or (master in ready and said == b"")
        if _INPUT in ready and not typed:
            typed = os.read(_INPUT, _CHUNK)
            if not typed:
                return end(line)
        typed = _type(master, typed)
        # What the program does not read is not read from the keyboard, while its output goes on.
        poll.modify(master, select.POLLIN | (select.POLLOUT if typed else 0))
        poll.modify(_INPUT, 0 if typed or over else select.POLLIN)


def _read(master: int) -> bytes | None:
    """Read what the program printed; empty if its terminal has no other user any more, None for nothing."""
    try:
        return os.read(master, _CHUNK)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


def _type(master: int, typed: bytes) -> bytes:
    """Hand on what was typed; return what does not fit in now."""
    try:
        return typed[os.write(master, typed):] if typed else b""
    except BlockingIOError:
        return typed
    except OSError:
        return b""


def _show(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(_OUTPUT, view):]
