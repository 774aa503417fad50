"""A second process that looks which directories are as remembered, from the other end of the list.

Asking the kernel for the statuses of ten thousand files takes one processor some 20 ms, and threads do not
help because of the interpreter's lock. So a process that has no threads forks; the child answers with a byte
for each directory and ends when the two meet. Whatever it does not answer, the parent finds out itself.
"""

from __future__ import annotations

import mmap
import os
import signal
from typing import NoReturn

from engine.build.context.folder import look
from engine.build.context.memo import Memory, pack
from engine.kernel import files

_WORTH = 100_000
"""Bytes of remembered statuses, some 1,500 files, below which a child costs more than it saves."""
_OPEN, _TAKEN, _SAME, _OTHER = range(4)


class Scout:
    """The child, and what it has answered."""

    def __init__(self, root: int, memory: Memory) -> None:
        """Start looking; `memory` is in the order in which the parent will ask."""
        self._places = {path: place for place, path in enumerate(memory)}
        self._answers = mmap.mmap(-1, len(memory))
        self._child = os.fork()
        if not self._child:
            self._look(root, memory)

    def is_same(self, path: bytes) -> bool:
        """Tell whether a directory is known to be as remembered; if not, the caller looks at it now."""
        place = self._places.get(path)
        if place is None:
            return False
        answer = self._answers[place]
        if answer == _OPEN:
            self._answers[place] = _TAKEN
        return answer == _SAME

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, 0
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def _look(self, root: int, memory: Memory) -> NoReturn:
        try:
            answers = self._answers
            for place, path in reversed(list(enumerate(memory))):
                if answers[place] == _TAKEN:
                    break
                answers[place] = _SAME if _is_same(root, path, memory) else _OTHER
        finally:
            os._exit(0)


def worth_it(memory: Memory) -> bool:
    """Tell whether a scout saves time, and may be made: never by a process that has threads."""
    if sum(len(record.packed) for record in memory.values()) < _WORTH or (os.cpu_count() or 1) < 2:
        return False
    return len(os.listdir("/proc/self/task")) == 1


def _is_same(root: int, path: bytes, memory: Memory) -> bool:
    old = memory[path]
    try:
        here = files.open_in_root(root, path, files.DIRECTORY | os.O_NOFOLLOW)
        try:
            if "\0".join(os.listdir(here)) != old.listing:
                return False
            return pack(look(here, old.kept.split("\0") if old.kept else [])) == old.packed
        finally:
            os.close(here)
    except OSError:
        return False
