"""Lines of a log, put together from what came in pieces."""

from __future__ import annotations

from typing import NamedTuple

from engine.shim.frames import STDERR, STDOUT

NAMES = {STDOUT: "stdout", STDERR: "stderr"}


class Line(NamedTuple):
    """One line as a screen shows it."""

    number: int
    """Counted from 0 at the beginning of the log."""
    time_ns: int
    stream: str
    """stdout or stderr."""
    text: bytes
    """Without its newline; perhaps not all of it."""
    finished: bool = True
    """Whether its newline has come."""


class Carry:
    """The unfinished line of each stream."""

    def __init__(self) -> None:
        self._parts: dict[int, list[bytes]] = {STDOUT: [], STDERR: []}
        self._times: dict[int, int] = {STDOUT: 0, STDERR: 0}

    def feed(self, time_ns: int, stream: int, payload: bytes) -> bytes:
        """Add what a frame holds; return the lines it finished, newlines included."""
        parts = self._parts.setdefault(stream, [])
        cut = payload.rfind(b"\n") + 1
        if not cut:
            if payload:
                parts.append(payload)
                self._times[stream] = time_ns
            return b""
        block = payload if cut == len(payload) else payload[:cut]
        if parts:
            block = b"".join(parts) + block
            parts.clear()
        if cut < len(payload):
            parts.append(payload[cut:])
            self._times[stream] = time_ns
        return block

    def open(self) -> list[tuple[int, int, bytes]]:
        """List (time, stream, text) of the unfinished lines, the older first."""
        open = [(self._times[stream], stream, b"".join(parts)) for stream, parts in self._parts.items()]
        return sorted(line for line in open if line[2])

    def take(self) -> list[tuple[int, int, bytes]]:
        """List the unfinished lines and forget them."""
        lines = self.open()
        for parts in self._parts.values():
            parts.clear()
        return lines
