"""Running a `stackyard …` line as a process of its own: its output line by line, its exit code at the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence

LONGEST_LINE = 1 << 20


class Child:
    """One process; it ends with whoever started it."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._process: asyncio.subprocess.Process | None = None

    async def run(self, line: Callable[[str], object]) -> int:
        """Run it to its end, telling every line of both its streams; return its exit code."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=LONGEST_LINE,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        except OSError as error:
            line(f"cannot run {self._words[0]}: {error.strerror}")
            return 127
        assert self._process.stdout
        try:
            while text := await _line(self._process.stdout):
                line(text.decode("utf-8", "replace").rstrip("\n"))
            return await self._process.wait()
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask it to end, if it has not."""
        if self._process and self._process.returncode is None:
            self._process.terminate()


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as rest:
        return rest.partial
    except asyncio.LimitOverrunError as longer:
        return await stream.read(longer.consumed)
