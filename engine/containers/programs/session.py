"""Somebody's place at a program in a container: what it prints from here on, and where to type."""

from __future__ import annotations

import errno
import os
from typing import Protocol

from engine.paths import ContainerPaths
from engine.runtime import console
from engine.shim.talk import Message
from engine.shim.visit import Visit

_CHUNK = 64 << 10
_TOLD_BYTES = 1 << 20
"""How much is read before it is told again, so that the log need not be kept for longer."""
STDOUT, STDERR = 1, 2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.containers.logs.follower import Follower

Output = list[tuple[int, bytes]]
"""What was printed: the stream, 1 or 2, and the bytes."""


class Session(Protocol):
    """A place at a program; nothing in it ever blocks."""

    terminal: bool
    """Whether the program has a terminal; both its streams are then one."""

    @property
    def descriptors(self) -> list[int]:
        """What becomes readable when there is news; of a program with a terminal it is one."""

    @property
    def over(self) -> bool:
        """Whether the program has ended and all was read."""

    @property
    def exit_code(self) -> int | None:
        """How the program ended; None while it has not, or if nobody knows."""

    def read(self) -> Output:
        """Return what has come since."""

    def write(self, data: bytes) -> int:
        """Type; return how many bytes were taken, which are all of them where nobody reads any more."""

    def room(self) -> int:
        """Return the descriptor that becomes writable when more can be typed; negative where nobody can."""

    def finish_input(self) -> None:
        """Let the program see the end of its input."""

    def resize(self, width: int, height: int) -> None:
        """Tell the program's terminal how large it is, in columns and rows."""

    def close(self) -> None:
        """Leave; the program goes on."""


class Entrance:
    """Where is typed: the program's own terminal or pipe."""

    def __init__(self, descriptor: int, *, terminal: bool) -> None:
        self.descriptor = descriptor
        self._terminal = terminal

    def write(self, data: bytes) -> int:
        """Type."""
        if self.descriptor < 0:
            return len(data)
        try:
            return os.write(self.descriptor, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):
                raise
            return len(data)

    def resize(self, width: int, height: int) -> None:
        """Set the terminal's size."""
        if self._terminal and self.descriptor >= 0:
            console.resize(self.descriptor, width, height)

    def close(self) -> None:
        """Let go of it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class Attached:
    """A place at a container's own program; its output is read from the log, so nobody holds it up."""

    def __init__(self, visit: Visit, follower: Follower, entrance: Entrance, *, terminal: bool) -> None:
        self.terminal = terminal
        self._visit = visit
        self._follower = follower
        self._entrance = entrance
        self._told = follower.offset
        self._finished = False

    @property
    def descriptors(self) -> list[int]:
        """The bell."""
        return [self._visit.descriptor]

    @property
    def exit_code(self) -> int | None:
        """How the run ended."""
        code: int | None = self._visit.last.get("exit")
        return code

    @property
    def over(self) -> bool:
        """Whether the run is over, and all of it was read."""
        return self._finished

    def read(self) -> Output:
        """Return what has come since."""
        self._visit.listen()
        over = self._visit.over
        output = self._follower.read()
        self._finished = over and not output
        if self._follower.offset - self._told > _TOLD_BYTES:
            self._told = self._follower.offset
            self._visit.say({"do": "reached", "offset": self._told})
        return output

    def write(self, data: bytes) -> int:
        """Type."""
        return self._entrance.write(data)

    def room(self) -> int:
        """Return where is typed."""
        return self._entrance.descriptor

    def finish_input(self) -> None:
        """Let the program see the end of its input, if it was meant for one alone."""
        if not self.terminal:
            self._entrance.close()
            self._visit.say({"do": "finish"})

    def resize(self, width: int, height: int) -> None:
        """Set the terminal's size."""
        self._entrance.resize(width, height)

    def close(self) -> None:
        """Leave."""
        self._entrance.close()
        self._follower.close()
        self._visit.close()


class Executed:
    """A place at a program that runs beside the container's own: its terminal or its pipes themselves."""

    def __init__(self, visit: Visit, outlets: dict[int, int], entrance: Entrance, *, terminal: bool) -> None:
        self.terminal = terminal
        self._visit = visit
        self._outlets = outlets
        self._entrance = entrance
        self._finished = False

    @property
    def descriptors(self) -> list[int]:
        """The terminal, or the pipes and the line on which the end is told."""
        alone = self.terminal and self._outlets
        return [*self._outlets] if alone else [*self._outlets, self._visit.descriptor]

    @property
    def over(self) -> bool:
        """Whether it has ended, and all that it printed was read."""
        return self._finished

    @property
    def exit_code(self) -> int | None:
        """How it ended."""
        code: int | None = self._visit.last.get("exit")
        return code

    def read(self) -> Output:
        """Return what has come since."""
        self._visit.listen()
        over, output = self._visit.over, []
        for descriptor, stream in list(self._outlets.items()):
            try:
                data = os.read(descriptor, _CHUNK)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                output.append((stream, data))
            else:
                self._let_go(descriptor)
        # A terminal is seen to end a moment before its program.
        if not self._outlets and self.terminal and not over:
            over = self._visit.wait(1.0) and self._visit.over
        self._finished = over and not output
        return output

    def write(self, data: bytes) -> int:
        """Type."""
        return self._entrance.write(data)

    def room(self) -> int:
        """Return where is typed."""
        return self._entrance.descriptor

    def finish_input(self) -> None:
        """Let the program see the end of its input."""
        if not self.terminal:
            self._entrance.close()

    def resize(self, width: int, height: int) -> None:
        """Set the terminal's size."""
        self._entrance.resize(width, height)

    def close(self) -> None:
        """Leave; the program goes on, and what it prints is lost."""
        for descriptor in list(self._outlets):
            self._let_go(descriptor)
        self._entrance.close()
        self._visit.close()

    def _let_go(self, descriptor: int) -> None:
        del self._outlets[descriptor]
        if descriptor != self._entrance.descriptor:
            os.close(descriptor)


def place(
    visit: Visit, answer: Message, handed: list[int], paths: ContainerPaths, recent: int = 0
) -> Attached:
    """Take a place at a container's own program, as its shim has answered; `recent` bytes come first."""
    from engine.containers.logs.follower import Follower

    terminal = bool(answer["terminal"])
    entrance = Entrance(handed[0] if handed else -1, terminal=terminal)
    offset: int = answer["offset"]
    follower = Follower.recent(paths.log, offset, recent) if recent else Follower(paths.log, offset)
    return Attached(visit, follower, entrance, terminal=terminal)


def beside(visit: Visit, handed: list[int], *, terminal: bool) -> Executed:
    """Take a place at a further program, as the shim has answered."""
    if not handed:
        return Executed(visit, {}, Entrance(-1, terminal=terminal), terminal=terminal)
    for descriptor in handed:
        os.set_blocking(descriptor, False)
    if terminal:
        return Executed(visit, {handed[0]: STDOUT}, Entrance(handed[0], terminal=True), terminal=True)
    outlets = {handed[0]: STDOUT, handed[1]: STDERR}
    return Executed(visit, outlets, Entrance((*handed, -1)[2], terminal=False), terminal=False)
