"""Commands that go on whatever becomes of the workbench: builds, which tell all in their journals."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

LAST = 4096
"""Bytes of what a command complained of that are read."""


class Background:
    """One process, in a session of its own; `ended` hears (from a thread) its exit code and its complaint."""

    def __init__(self, words: Sequence[str], folder: str, ended: Callable[[int, str], object],
                 *, tied: bool = False) -> None:
        """Start it; raises OSError.

        A `tied` one reads our end from its standard input, however we end.
        """
        import subprocess
        import tempfile

        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                cwd=folder or None,
                start_new_session=True,
            )
        except OSError:
            self._said.close()
            raise
        self._ended = ended
        threading.Thread(target=self._wait, daemon=True, name="background").start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def _wait(self) -> None:
        code = self._process.wait()
        with self._said:
            size = self._said.seek(0, 2)
            self._said.seek(max(0, size - LAST))
            said = self._said.read().decode("utf-8", "replace")
        self._ended(code, said.strip())
