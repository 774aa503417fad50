"""The lines that were run, kept in one file by all workbenches of a user; the newest last, each once."""

from __future__ import annotations

import fcntl
import os
import shlex
from pathlib import Path

KEPT = 1000
_SECRET_VERBS = ("login",)
_SECRET_FLAGS = ("--password", "--registry-token")


def place() -> Path:
    """Return where the history is kept."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(state, "stackyard", "history")


class History:
    """Lines in a file; a file that cannot be read or written makes it forgetful, and nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[str] = []
        """As of the last reading."""

    def read(self) -> None:
        """Take in what all workbenches have added."""
        try:
            text = self._path.read_text("utf-8", "replace")
        except OSError:
            return
        self.lines = _once(text.splitlines())

    def add(self, line: str) -> None:
        """Keep a line, unless it has a password in it."""
        line = line.strip()
        if not line or "\n" in line or is_secret(line):
            return
        self.lines = _once([*self.lines, line])
        try:
            self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with open(descriptor, "r+", encoding="utf-8", errors="replace") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                self.lines = _once([*file.read().splitlines(), line])
                file.truncate(0)
                file.write("".join(f"{one}\n" for one in self.lines))
        except OSError:
            return

    def newest(self, start: str, before: int | None = None) -> int | None:
        """Find the newest line before a place that begins so."""
        for number in range((len(self.lines) if before is None else before) - 1, -1, -1):
            if self.lines[number].startswith(start):
                return number
        return None

    def next(self, start: str, after: int) -> int | None:
        """Find the oldest line after a place that begins so."""
        places = range(after + 1, len(self.lines))
        return next((number for number in places if self.lines[number].startswith(start)), None)


def is_secret(line: str) -> bool:
    """Tell whether a line may have a password in it."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    if any(word.startswith(_SECRET_FLAGS) for word in words):
        return True
    # The verb may stand after the program's name and a flag of its own; too much is rather forgotten.
    return any(verb in words[:3] for verb in _SECRET_VERBS) and any(
        word.startswith("-") and not word.startswith("--") and "p" in word for word in words
    )


def _once(lines: list[str]) -> list[str]:
    newest = dict.fromkeys(line for line in reversed(lines) if line.strip())
    return list(reversed(newest))[-KEPT:]
