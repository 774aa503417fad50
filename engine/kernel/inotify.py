"""Waiting for files to change: inotify(7)."""

from __future__ import annotations

import os
import select

from engine.kernel.libc import call

MODIFY, MOVED_TO, CREATE, DELETE_SELF = 0x2, 0x80, 0x100, 0x400
_NONBLOCK = os.O_NONBLOCK
_CLOEXEC = os.O_CLOEXEC


class Watch:
    """Wake when one of the watched files or directories changes."""

    def __init__(self, *paths: str, mask: int = MODIFY | MOVED_TO | CREATE) -> None:
        self.descriptor = call("inotify_init1", _NONBLOCK | _CLOEXEC)
        try:
            for path in paths:
                call("inotify_add_watch", self.descriptor, os.fsencode(path), mask)
        except OSError:
            self.close()
            raise

    def wait(self, seconds: float | None = None, *, also: tuple[int, ...] = ()) -> bool:
        """Wait for a change, for `also` becoming readable, or for the time to pass.

        Tell whether anything came.
        """
        ready = select.select([self.descriptor, *also], [], [], seconds)[0]
        if self.descriptor in ready:
            os.read(self.descriptor, 65536)
        return bool(ready)

    def close(self) -> None:
        """Stop watching."""
        os.close(self.descriptor)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
