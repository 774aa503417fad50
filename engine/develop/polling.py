"""Hearing of changed files without inotify: all of them are looked at again and again.

watchfiles' own polling compares whole seconds, and would not see the second of two quick saves.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

_ADDED, _CHANGED, _REMOVED = 1, 2, 3
Status = tuple[int, ...]


class Poller:
    """Looks at directories, with all below them if `deep`; answers as watchfiles' RustNotify does."""

    def __init__(
        self, paths: Sequence[str], pause: float, skips: Callable[[str], bool], *, deep: bool
    ) -> None:
        """`pause` is in seconds; a directory that `skips` says is not gone into."""
        self._paths, self._pause, self._skips, self._deep = paths, pause, skips, deep
        self._known = self._look()

    def watch(
        self, debounce: int, step: int, timeout: int, stop: threading.Event
    ) -> set[tuple[int, str]] | str:
        """Wait once, look once, and tell what is different."""
        if stop.wait(self._pause):
            return "stop"
        before, self._known = self._known, self._look()
        changes = {(_REMOVED, path) for path in before.keys() - self._known.keys()}
        changes |= {(_ADDED, path) for path in self._known.keys() - before.keys()}
        changes |= {
            (_CHANGED, path) for path, status in self._known.items() if before.get(path, status) != status
        }
        return changes or "timeout"

    def _look(self) -> dict[str, Status]:
        found: dict[str, Status] = {}
        pending = list(self._paths)
        while pending:
            try:
                with os.scandir(pending.pop()) as entries:
                    for entry in entries:
                        status = entry.stat(follow_symlinks=False)
                        known = status.st_mode, status.st_ino, status.st_size, status.st_ctime_ns
                        found[entry.path] = known
                        if self._deep and entry.is_dir(follow_symlinks=False) and not self._skips(entry.path):
                            pending.append(entry.path)
            except OSError:
                continue  # It went meanwhile, or is not for us.
        return found
