"""Hashing a layer in a thread of its own, beside whatever runs next."""

from __future__ import annotations

import threading
from collections.abc import Callable

from engine.layers.pack import Packed

EMPTY = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""The diff_id of a layer in which nothing is: 1024 zeros, the end of a tar."""


class Hashing:
    """The hash of one layer's directory, which must hold still meanwhile."""

    def __init__(self, directory: str, work: Callable[[], Packed]) -> None:
        self.directory = directory
        self.done = False
        self._work = work
        self._packed: Packed | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="hash", daemon=True)
        self._after: Callable[[], None] = lambda: None

    def start(self, after: Callable[[], None]) -> None:
        """Begin; call `after` in the thread once it is done."""
        self._after = after
        self._thread.start()

    def wait(self) -> None:
        """Wait until it is done."""
        self._thread.join()

    def result(self) -> Packed:
        """Return what came out, once it is done; raises what went wrong."""
        if self._failure:
            raise self._failure
        assert self._packed
        return self._packed

    def _run(self) -> None:
        try:
            self._packed = self._work()
        except BaseException as error:
            self._failure = error
        self.done = True
        self._after()
