"""The bell between a shim and whoever started its container: it rings when there is output, and closes at the
end.

Output itself goes through the log, so a listener that sleeps or stops loses nothing and holds nobody up.
Unlike an inotify watch, a pipe costs nothing to close.
"""

from __future__ import annotations

import os
import select


class Doorbell:
    """The listener's end."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.over = False
        """Whether the container has ended, and its end is written down."""

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for output or the end, at most `seconds`; tell whether either came."""
        if self.over or not select.select([self.descriptor], [], [], seconds)[0]:
            return self.over
        self.over = not os.read(self.descriptor, 65536)
        return True

    def close(self) -> None:
        """Stop listening."""
        os.close(self.descriptor)


class Ringer:
    """The shim's end; nobody listening is all right."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor

    def ring(self) -> None:
        """Tell that there is output; a bell that rings already is enough."""
        if self.descriptor >= 0:
            try:
                os.write(self.descriptor, b"\0")
            except BlockingIOError:
                return
            except OSError:
                self.close()

    def close(self) -> None:
        """Tell that it is over."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
