"""The shim's door: a socket in the bundle where visitors come, to hear the bell, to type, to run programs.

Output goes through the log, which every visitor reads for himself, and which is kept for as long as he has
not read it: so one that sleeps or stops loses nothing and holds nobody up. What visitors type they write
straight into the container's own terminal or pipe.
"""

from __future__ import annotations

import _socket
import os
from collections.abc import Callable, Sequence

from engine.shim import talk
from engine.shim.loop import Handler, Loop
from engine.shim.talk import Message

_QUEUE = 64


class Visitor:
    """Somebody who has come to the door."""

    def __init__(self, line: _socket.socket) -> None:
        self.line = line
        self.listens = False
        """Whether the bell rings for him."""
        self.reached = 0
        """How far he has read the log, as he has said; what comes after stays there for him."""
        self.left: list[Handler] = []
        """What is to be done once he is gone."""

    def tell(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Send him a message; one who has gone needs none."""
        talk.tell(self.line, message, descriptors)

    def ring(self) -> bool:
        """Ring his bell; tell whether he can still hear it."""
        return talk.ring(self.line)

    def hang_up(self) -> None:
        """Say nothing more: he hears that too where bells have taken all the room for words."""
        try:
            self.line.shutdown(_socket.SHUT_WR)
        except OSError:
            return


Receive = Callable[[Visitor, Message, list[int]], None]


class Door:
    """The socket in a bundle, and whoever is there."""

    def __init__(self, bundle: str, loop: Loop, receive: Receive) -> None:
        """Open it; each message is handed to `receive`, with descriptors that are then its own."""
        self._loop = loop
        self._receive = receive
        self._visitors: dict[int, Visitor] = {}
        self._folder = os.open(bundle, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._clear()
        self._socket = talk.opened()
        self._socket.bind(talk.address(self._folder))
        self._socket.listen(_QUEUE)
        loop.watch(self._socket.fileno(), self._answer)

    def admit(self, line: _socket.socket) -> Visitor:
        """Take somebody in."""
        visitor = Visitor(line)
        self._visitors[line.fileno()] = visitor
        self._loop.watch(line.fileno(), lambda: self._listen(visitor))
        return visitor

    def reached(self, end: int) -> int:
        """Tell how far all who listen have read the log, which ends at `end`."""
        return min((one.reached for one in self._visitors.values() if one.listens), default=end)

    def ring(self) -> None:
        """Tell all who listen that there is output."""
        for visitor in list(self._visitors.values()):
            if visitor.listens and not visitor.ring():
                self._dismiss(visitor)

    def release(self, code: int) -> None:
        """Tell all who listen that the run is over and how it ended; they go once they have read all."""
        for visitor in self._visitors.values():
            if visitor.listens:
                visitor.listens = False
                visitor.tell({"exit": code})
                visitor.hang_up()

    @property
    def occupied(self) -> bool:
        """Whether anybody is there."""
        return bool(self._visitors)

    def close(self) -> None:
        """Let nobody in any more, and send all away."""
        self._clear()
        for visitor in list(self._visitors.values()):
            self._dismiss(visitor)
        self._loop.forget(self._socket.fileno())
        self._socket.close()
        os.close(self._folder)

    def _clear(self) -> None:
        try:
            os.unlink(talk.SOCKET, dir_fd=self._folder)
        except OSError:
            return

    def _answer(self) -> None:
        number, _ = self._socket._accept()  # type: ignore[attr-defined]  # what accept() is made of
        self.admit(_socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, number))

    def _listen(self, visitor: Visitor) -> None:
        try:
            message, descriptors = talk.hear(visitor.line, wait=False)
        except BlockingIOError:
            return
        if message is None:
            self._dismiss(visitor)
        else:
            self._receive(visitor, message, descriptors)

    def _dismiss(self, visitor: Visitor) -> None:
        self._loop.forget(visitor.line.fileno())
        del self._visitors[visitor.line.fileno()]
        visitor.line.close()
        for act in visitor.left:
            act()
