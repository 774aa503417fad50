"""A visit to a container's shim: somebody hears its bell, may type, or has another program run."""

from __future__ import annotations

import _socket
import os
import select
from collections.abc import Sequence

from engine.errors import Conflict, StartFailed
from engine.shim import talk
from engine.shim.talk import Message


class Visit:
    """A visitor's end of the line."""

    def __init__(self, line: _socket.socket) -> None:
        self._line = line
        self.over = False
        """Whether the run has ended and its end is written down, or the program that was asked for has."""
        self.last: Message = {}
        """What was said last."""

    @classmethod
    def come(cls, bundle: str) -> Visit:
        """Come to the door of the bundle's shim. Raises Conflict if there is nobody."""
        line = talk.opened()
        try:
            folder = os.open(bundle, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                line.connect(talk.address(folder))
            finally:
                os.close(folder)
        except OSError:
            line.close()
            raise Conflict("the container is not running") from None
        return cls(line)

    @property
    def descriptor(self) -> int:
        """Readable when there is news."""
        return self._line.fileno()

    def ask(self, message: Message, descriptors: Sequence[int] = ()) -> tuple[Message, list[int]]:
        """Ask for something; return the answer and what came with it. Raises StartFailed."""
        talk.tell(self._line, message, descriptors)
        return self.answer()

    def answer(self) -> tuple[Message, list[int]]:
        """Wait for an answer. Raises StartFailed if it is a refusal, or there is none."""
        while True:
            answer, handed = talk.hear(self._line)
            if answer is None:
                raise StartFailed("the container's monitor ended before it answered", 125)
            if "error" in answer:
                words = {key: answer[key] for key in ("details", "resolution")}
                raise StartFailed(answer["error"], answer["code"], **words)
            # A bell, which is empty, may ring in between.
            if answer:
                return answer, handed

    def say(self, message: Message) -> None:
        """Say something to which there is no answer."""
        talk.tell(self._line, message)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the bell or the end, at most `seconds`; tell whether either came."""
        if self.over or not select.select([self._line], [], [], seconds)[0]:
            return self.over
        self.listen()
        return True

    def listen(self) -> None:
        """Take in what there is, without waiting."""
        while not self.over:
            try:
                message, handed = talk.hear(self._line, wait=False)
            except BlockingIOError:
                return
            talk.release(handed)
            self.over = message is None or "exit" in message
            if message:
                self.last = message

    def close(self) -> None:
        """Go."""
        self._line.close()
