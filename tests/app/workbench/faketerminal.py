"""Terminals with a real program of this machine behind them, in a pty; more than one can be held at once."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import socket
import struct
import tempfile
import termios
import threading
from collections.abc import Sequence
from contextlib import suppress

READ = 1 << 16
RECENT = 1 << 20


class Program:
    """Runs a program; a thread passes on what it writes, and keeps the end of it for those who come later."""

    def __init__(self, words: Sequence[str], size: tuple[int, int] = (80, 24)) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.exit_code: int | None = None
        self._said = bytearray()
        self._lines: list[socket.socket] = []
        self._lock = threading.Lock()
        self.pid, self.console = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", PS1="$ ", HOME=tempfile.gettempdir())
            os.environ.pop("TMUX", None)
            try:
                os.execvp(words[0], list(words))
            finally:
                os._exit(127)
        self.resize(*size)
        self._thread = threading.Thread(target=self._pass_on, daemon=True, name="program")
        self._thread.start()

    def resize(self, width: int, height: int) -> None:
        self.sizes.append((width, height))
        fcntl.ioctl(self.console, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def terminal(self) -> FakeTerminal:
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * RECENT)
        with self._lock:
            far.sendall(self._said)
            if self.exit_code is None:
                self._lines.append(far)
            else:
                far.close()
        return FakeTerminal(self, near)

    def _pass_on(self) -> None:
        while True:
            try:
                data = os.read(self.console, READ)
            except OSError:
                break
            with self._lock:
                self._said += data
                del self._said[:-RECENT]
                lines = list(self._lines)
            for line in lines:
                try:
                    line.sendall(data)
                except OSError:
                    self._lines.remove(line)
                    line.close()
        with self._lock:
            self.exit_code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            for line in self._lines:
                line.close()

    def end(self) -> None:
        """Kill it and clean up."""
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            for line in list(self._lines):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        if self.console >= 0:
            os.close(self.console)
            self.console = -1


class FakeTerminal:
    """One of those who hold a program's terminal."""

    def __init__(self, program: Program, line: socket.socket) -> None:
        self.program, self._line = program, line
        self.over = self.closed = False

    @property
    def descriptor(self) -> int:
        return self._line.fileno()

    @property
    def exit_code(self) -> int | None:
        return self.program.exit_code

    def read(self) -> bytes:
        if self.closed:
            return b""
        try:
            data = self._line.recv(READ)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        self.over = not data
        return data

    def write(self, data: bytes) -> int:
        if self.closed or self.over:
            return 0
        try:
            return os.write(self.program.console, data[:1024])
        except OSError:
            return 0

    def resize(self, width: int, height: int) -> None:
        if not self.over:
            self.program.resize(width, height)

    def close(self) -> None:
        self.closed = True
        self._line.close()
