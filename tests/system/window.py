"""A terminal for programs that need one."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping
from fcntl import ioctl


class Window:
    """A terminal with a Python program in it."""

    def __init__(self, *words: str, environment: Mapping[str, str] | None = None) -> None:
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            try:
                os.execve(sys.executable, [sys.executable, *words], {**os.environ, **(environment or {})})
            finally:
                os._exit(127)  # or the tests would go on in here
        self.resize(80, 24)
        self.seen = ""
        self._ended: tuple[int, str] | None = None

    def resize(self, width: int, height: int) -> None:
        ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("=4H", height, width, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def await_(self, text: str) -> str:
        """Wait until the screen says it, and return all that it said since the last time."""
        end = time.monotonic() + 15
        while text not in self.seen:
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"{text!r} never came, but {self.seen!r}")
            self.seen += os.read(self.terminal, 65536).decode()
        seen, self.seen = self.seen, ""
        return seen

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def wait(self) -> tuple[int, str]:
        """Wait for the program's end; return its exit code and what it said since the last time."""
        if self._ended:
            return self._ended
        while True:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                break
            if not data:
                break
            self.seen += data.decode(errors="replace")
        self._ended = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), self.seen
        return self._ended

    def end(self) -> None:
        """Kill the program, if it still lives, and take the terminal away."""
        if not self._ended:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.terminal)
