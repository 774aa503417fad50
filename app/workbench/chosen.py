"""The user's file as it is heard: read at first and whenever it, or the theme that is on, was saved."""

from __future__ import annotations

import os

from app.configuration.configuration import Configuration


class Chosen:
    """What the user has chosen; looking whether it changed costs a stat of each file."""

    def __init__(self, path: str) -> None:
        self._path, self._theme = path, ""
        self.configuration = Configuration()
        self.complaint = ""
        """What is wrong in the file, in one notification; empty if nothing is."""
        self._seen: tuple[object, ...] = ()
        self._read()

    @property
    def path(self) -> str:
        """Where it is; empty if there is none."""
        return self._path

    def watch(self, theme: str) -> None:
        """Look at the file of a theme too."""
        self._theme = theme
        self._seen = self._look()

    def changed(self) -> bool:
        """Tell whether something was saved, after it was read again."""
        now = self._look()
        if now == self._seen:
            return False
        self._seen = now
        self._read()
        return True

    def _read(self) -> None:
        self.configuration, self.complaint = Configuration(), ""
        if self._path and os.path.exists(self._path):
            from app.configuration.reading import read
            from app.workbench.vocabulary import vocabulary

            self.configuration, faults = read(self._path, vocabulary())
            if faults:
                more = len(faults) - 1
                rest = f"\n{more} more: `stackyard config check` lists them" if more else ""
                self.complaint = f"{faults[0].short}{rest}"

    def _look(self) -> tuple[object, ...]:
        return tuple(_signature(path) for path in (self._path, self._theme) if path)


def _signature(path: str) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
