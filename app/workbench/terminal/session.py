"""One open terminal: what its program writes goes into a screen, a slice at a time, seen or not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from app.terminal.parser import Parser
from app.terminal.screen import Screen
from app.workbench.yard import Terminal

SLICE = 0.008
"""Seconds for which the screen's thread is held at a time."""
PIECE = 512
"""Bytes between two looks at the clock; some sequences cost much."""
PAUSE_SEEN, PAUSE_UNSEEN = 0.001, 0.1
"""Seconds between two slices of a flood; meanwhile nothing is read, so that the program waits."""
RETRY = 0.01
REPAINT = 0.1
"""Seconds for which a program that is attached to is told another size, so that it paints anew."""
MOST_TYPED = 1 << 22
"""Bytes typed and not taken that are kept."""


class Session:
    """Reads, parses and types; `changed` is called on the screen's thread whenever something is new."""

    def __init__(
        self, terminal: Terminal, container: str, name: str, kind: Literal["attach", "exec"]
    ) -> None:
        self.container, self.name, self.kind = container, name, kind
        self.screen = Screen(80, 24)
        self.changed: Callable[[], object] = lambda: None
        self.ended: Callable[[], object] = lambda: None
        self.seen = False
        """Whether somebody looks at it: what is not seen may take its time."""
        self.over = False
        self._terminal = terminal
        self._parser = Parser(self.screen)
        self._unread = b""
        self._typed = bytearray()
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.TimerHandle | None = None
        self._typing: asyncio.TimerHandle | None = None
        self._reading = self._closed = self._begun = False

    @property
    def exit_code(self) -> int | None:
        """How the program ended."""
        return self._terminal.exit_code

    @property
    def terminal(self) -> Terminal:
        """The line to the program."""
        return self._terminal

    def begin(self) -> None:
        """Read whenever there is something."""
        if self.ended_now:
            self._loop.call_soon(self._end)
        elif self._unread:
            self._later = self._loop.call_later(0, self._work)
        elif not self._reading and not self._closed and not self.over:
            self._loop.add_reader(self._terminal.descriptor, self._work)
            self._reading = True

    def pause(self) -> None:
        """Stop reading, until `begin`."""
        if self._reading:
            self._loop.remove_reader(self._terminal.descriptor)
            self._reading = False
        if self._later:
            self._later.cancel()
            self._later = None

    def _work(self) -> None:
        """Take in what there is, for a slice of time."""
        self.pause()
        if self._closed:
            return
        more = self.take(time.perf_counter() + SLICE)
        self.changed()
        if self.ended_now:
            self._end()
        elif more:
            self._later = self._loop.call_later(PAUSE_SEEN if self.seen else PAUSE_UNSEEN, self._work)
        else:
            self.begin()

    @property
    def ended_now(self) -> bool:
        """Whether the program has ended and all that it wrote was taken in."""
        return self._terminal.over and not self._unread

    def take(
        self, until: float, copy: Callable[[bytes], object] | None = None, *, answering: bool = True
    ) -> bool:
        """Read and parse until a moment (of `perf_counter`); tell whether there may be more.

        `copy` hears what was read; without `answering` somebody else answers what the program asks.
        """
        place = 0
        while time.perf_counter() < until:
            if place >= len(self._unread):
                self._unread, place = self._terminal.read(), 0
                if copy:
                    copy(self._unread)
            if not self._unread:
                break
            self._parser.feed(self._unread[place : place + PIECE])
            place += PIECE
        self._unread = self._unread[place:]
        for answer in self.screen.answers if answering else ():
            self.type(answer)
        self.screen.answers.clear()
        return place > 0

    def _end(self) -> None:
        if not self.over:
            self.over = True
            self.ended()

    def type(self, data: bytes) -> None:
        """Send what was typed, at once or as soon as it is taken."""
        if not data or self._closed or self.over or len(self._typed) + len(data) > MOST_TYPED:
            return
        self._typed += data
        if self._typing is None:
            self._send()

    def send(self) -> bool:
        """Type what was not taken yet; tell whether all of it is."""
        if self._typing:
            self._typing.cancel()
        self._send()
        return not self._typed

    def _send(self) -> None:
        self._typing = None
        while self._typed and not self._closed and not self._terminal.over:
            taken = self._terminal.write(bytes(self._typed[:1024]))
            del self._typed[:taken]
            if not taken:
                self._typing = self._loop.call_later(RETRY, self._send)
                return

    def resize(self, width: int, height: int) -> None:
        """Take another size, and tell the program; with the first size it begins to read."""
        self.screen.resize(width, height)
        if self._closed or self.over:
            return
        if not self._begun and self.kind == "attach":
            # A program paints when its size changes, and only then.
            self._terminal.resize(width + 1, height + 1)
            self._loop.call_later(REPAINT, self._repaint)
        else:
            self._terminal.resize(width, height)
        if not self._begun:
            self._begun = True
            self.begin()

    def _repaint(self) -> None:
        if not self._closed and not self.over:
            self._terminal.resize(self.screen.width, self.screen.height)

    def close(self) -> None:
        """Let go of the program."""
        if not self._closed:
            self.pause()
            self._closed = True
            if self._typing:
                self._typing.cancel()
            self._terminal.close()
