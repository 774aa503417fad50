"""Stopping what waits for a network: at once, from any thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from engine.errors import Cancelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx


class Cancellation:
    """A token that, once set, ends every wait of those who watch it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._sockets: dict[int, socket.socket] = {}

    def set(self) -> None:
        """Let everybody stop; who is reading from a socket finds it closed."""
        self._event.set()
        with self._lock:
            for connection in self._sockets.values():
                # A read in another thread ends by a shutdown, not by a close.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    @property
    def is_set(self) -> bool:
        """Tell whether everybody shall stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Cancelled if everybody shall stop."""
        if self._event.is_set():
            raise Cancelled("the transfer was cancelled")

    def sleep(self, seconds: float) -> None:
        """Wait, but not when everybody shall stop: then raise Cancelled."""
        self._event.wait(seconds)
        self.check()

    @contextmanager
    def watching(self, response: httpx.Response) -> Iterator[None]:
        """Make the socket behind a response one that `set` closes."""
        stream = response.extensions.get("network_stream")
        connection = stream.get_extra_info("socket") if stream is not None else None
        with self._lock:
            if connection is not None:
                self._sockets[id(connection)] = connection
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._sockets.pop(id(connection), None)
