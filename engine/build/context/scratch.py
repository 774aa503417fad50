"""A directory below the store's `ingest/` for what a build unpacks or fetches."""

from __future__ import annotations

import os

from engine.errors import from_os
from engine.paths import Paths
from engine.store.ingest import occupy
from engine.store.removal import remove_tree


class Scratch:
    """A locked directory that goes when it is closed, or when the store is opened after its owner died."""

    def __init__(self, paths: Paths) -> None:
        self.path, self._lock = occupy(paths.ingest)
        self._count = 0

    def directory(self) -> str:
        """Make a new empty directory, mode 0755."""
        self._count += 1
        path = f"{self.path}/{self._count}.d"
        try:
            os.mkdir(path)
            os.chmod(path, 0o755)
        except OSError as error:
            raise from_os(error, "cannot write to the store") from error
        return path

    def file(self) -> str:
        """Name a file that is not there yet."""
        self._count += 1
        return f"{self.path}/{self._count}"

    def close(self) -> None:
        """Remove all of it."""
        if self._lock.held:
            try:
                remove_tree(self.path)
            except OSError as error:
                raise from_os(error, "cannot clean up the store") from error
            finally:
                self._lock.release()
