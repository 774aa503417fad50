"""A program that a runner has given a terminal, as somebody sits at it."""

from __future__ import annotations

import _socket
import os
from typing import Any

from engine.runtime.console import receive, resize
from engine.shim.runner import Order, Runner, end
from engine.shim.wire import receive as receive_words

_CHUNK = 64 << 10
_STDOUT = 1


class Terminal:
    """A place at the program, in the manner of a container's sessions; it ends with whoever holds it."""

    terminal = True

    def __init__(self, runner: Runner, order: Order, size: tuple[int, int]) -> None:
        """Start it in a terminal of `size` columns and rows. Raises StartFailed."""
        process: dict[str, Any] = order.spec["process"]
        process["consoleSize"] = {"width": size[0], "height": size[1]}
        self._runner = runner
        self.over = False
        """Whether the program has ended, and all that it wrote was read."""
        self.exit_code: int | None = None
        ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
        try:
            try:
                self._line = runner.begin(order, (theirs.fileno(),) * 3)
            finally:
                theirs.close()
            master = receive(ours)
        finally:
            ours.close()
        if master is None:
            self._await_end()
            raise AssertionError("a program without a terminal has failed to start")
        os.set_blocking(master, False)
        self._master = master

    @property
    def descriptors(self) -> list[int]:
        """What becomes readable when there is news."""
        return [self._master]

    def read(self) -> list[tuple[int, bytes]]:
        """Return what has come since."""
        try:
            data = os.read(self._master, _CHUNK)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if data:
            return [(_STDOUT, data)]
        if not self.over:
            # The terminal has lost its last user, which is when the program ends.
            self._await_end()
        return []

    def write(self, data: bytes) -> int:
        """Type; return how many bytes were taken."""
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)

    def room(self) -> int:
        """Return the descriptor that becomes writable when more can be typed."""
        return self._master

    def finish_input(self) -> None:
        """End the program: nobody is left to type."""
        end(self._line)

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal how large it is, in columns and rows."""
        resize(self._master, width, height)

    def close(self) -> None:
        """Leave; the program is dead afterwards."""
        if not self.over:
            end(self._line)
        self._line.close()
        os.close(self._master)

    def _await_end(self) -> None:
        self.over = True
        self.exit_code = self._runner.outcome(receive_words(self._line)).code
