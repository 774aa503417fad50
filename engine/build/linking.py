"""Hard links to the files of an earlier layer, made by a thread while their bytes are hashed in another."""

from __future__ import annotations

import errno
import os
import threading
from queue import SimpleQueue

from engine.kernel import files


class Linker:
    """Link files of the tree `previous` to the same paths in the tree behind the descriptor `upper`."""

    def __init__(self, previous: str, upper: int) -> None:
        self.root = os.open(previous, files.DIRECTORY)
        self._upper = upper
        self._waiting: SimpleQueue[tuple[bytes, list[bytes]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self.left: list[tuple[bytes, bytes]] = []
        """Directory and name of files that have as many links as a file can have."""

    def link(self, directory: bytes, names: list[bytes]) -> None:
        """Link these names of a directory, which both trees have, soon."""
        self._waiting.put((directory, names))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="link", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Help until all is linked; raises OSError."""
        if self._thread is not None:
            self._waiting.put(None)
            self._waiting.put(None)
            self._run()
            self._thread.join()
            self._thread = None
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Let go, whatever is left."""
        if self._thread is not None:
            self._failure = self._failure or EOFError()
            self._waiting.put(None)
            self._thread.join()
        os.close(self.root)

    def _run(self) -> None:
        try:
            while (job := self._waiting.get()) is not None:
                if self._failure is None:
                    self._link(*job)
        except BaseException as error:
            self._failure = self._failure or error
            while self._waiting.get() is not None:
                continue

    def _link(self, directory: bytes, names: list[bytes]) -> None:
        source = os.open(directory or b".", files.DIRECTORY | os.O_NOFOLLOW, dir_fd=self.root)
        try:
            target = os.open(directory or b".", files.DIRECTORY | os.O_NOFOLLOW, dir_fd=self._upper)
            try:
                for name in names:
                    try:
                        os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
                    except OSError as error:
                        if error.errno != errno.EMLINK:
                            raise
                        self.left.append((directory, name))
            finally:
                os.close(target)
        finally:
            os.close(source)
