"""A program's standard streams as its shim has them: three pipes, or a terminal."""

from __future__ import annotations

import _socket
import fcntl
import os
from collections.abc import Callable, Mapping
from typing import Any

from engine.runtime import console
from engine.shim.frames import STDERR, STDOUT

_F_SETPIPE_SZ, _PIPE_BYTES = 1031, 1 << 20

Opener = Callable[[Mapping[str, Any]], None]


class Streams:
    """Both ends of them, until the program has been launched; then ours."""

    def __init__(self, inside: tuple[int, int, int], outside: dict[int, int], entrance: int = -1) -> None:
        self.inside = inside
        """The program's stdin, stdout and stderr."""
        self.outside = outside
        """Where we read, and which stream it is."""
        self.entrance = entrance
        """Where is typed; negative if nobody can. A terminal is the same descriptor as in `outside`."""
        self.opener: Opener | None = None
        """Makes the terminal, in the program's own process."""
        self._socket: _socket.socket | None = None
        self._theirs: _socket.socket | None = None

    @classmethod
    def pipes(cls, *, stdin: bool) -> Streams:
        """Open pipes; without `stdin` the standard input is empty."""
        entrance = -1
        if stdin:
            source, entrance = os.pipe2(os.O_CLOEXEC)
            os.set_blocking(entrance, False)
        else:
            source = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        (stdout, outward), (stderr, errward) = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
        for pipe in (stdout, stderr):
            try:
                fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
            except OSError:
                break
        return cls((source, outward, errward), {stdout: STDOUT, stderr: STDERR}, entrance)

    @classmethod
    def terminal(cls, *, main: bool = True) -> Streams:
        """Have the program open a terminal of its own; `main` makes it the container's console too."""
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        streams = cls((null, null, null), {})
        streams._socket, streams._theirs = _socket.socketpair(
            _socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC
        )
        streams.opener = console.Console(streams._theirs.fileno(), main=main).open
        return streams

    @property
    def is_terminal(self) -> bool:
        """Whether it is one."""
        return self.opener is not None

    def launched(self) -> None:
        """Let go of the program's ends, so that their closing is seen, and take over its terminal."""
        for descriptor in set(self.inside):
            os.close(descriptor)
        self.inside = (-1, -1, -1)
        if self._socket and self._theirs:
            self._theirs.close()
            master = console.receive(self._socket)
            self._socket.close()
            self._socket = self._theirs = None
            if master is None:
                raise OSError("the program made no terminal")
            os.set_blocking(master, False)
            self.entrance = master
            self.outside = {master: STDOUT}

    def finish_input(self) -> None:
        """Let the program see the end of its input; a terminal has none."""
        if self.entrance >= 0 and not self.is_terminal:
            os.close(self.entrance)
            self.entrance = -1

    def close(self) -> None:
        """Let go of all."""
        ends = {*self.inside, *self.outside, self.entrance}
        self.inside, self.outside, self.entrance = (-1, -1, -1), {}, -1
        for descriptor in ends:
            if descriptor >= 0:
                os.close(descriptor)
        for socket in (self._socket, self._theirs):
            if socket:
                socket.close()
        self._socket = self._theirs = None


def read(descriptor: int, count: int) -> bytes | None:
    """Read what is there; None for nothing, empty at the end: nobody has the other side open any more."""
    try:
        return os.read(descriptor, count)
    except BlockingIOError:
        return None
    except OSError:
        return b""
