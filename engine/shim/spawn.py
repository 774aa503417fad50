"""Starting shims, and giving them their orders."""

from __future__ import annotations

import json
import os
from typing import Any

from engine.errors import EngineError, StartFailed
from engine.shim.doorbell import Doorbell
from engine.shim.interpreter import high, spawn
from engine.shim.order import ANSWER, ORDER, Order

_BOOT = (
    "import os, sys\n"
    "if os.fork(): os._exit(0)\n"
    "sys.path.append(sys.argv[1])\n"
    "from engine.shim.monitor import main\n"
    "main()"
)


class Shim:
    """A shim that has been started and waits for its order; closing it without one lets it go."""

    def __init__(self) -> None:
        order, self._order = _high_pipe()
        self._answer, answer = _high_pipe()
        try:
            self._pid = spawn(_BOOT, {ORDER: order, ANSWER: answer})
        except OSError as error:
            raise EngineError(f"cannot start the container's monitor: {error.strerror}") from error
        finally:
            os.close(order)
            os.close(answer)

    def begin(self, order: Order) -> Doorbell | None:
        """Run the container; return once it is running, with its bell if the order asks for one.

        Raises StartFailed.
        """
        try:
            with open(self._order, "wb") as pipe:
                pipe.write(json.dumps(order._asdict()).encode())
        except BrokenPipeError:
            pass  # It has ended; the empty answer says so.
        text = b""
        # What follows the line is the bell, ringing already.
        while b"\n" not in text and (chunk := os.read(self._answer, 65536)):
            text += chunk
        self._reap()
        words: dict[str, Any] = json.loads(text.partition(b"\n")[0] or b"{}")
        if "pid" in words and order.attached:
            return Doorbell(self._answer)
        os.close(self._answer)
        if "pid" in words:
            return None
        message = words.get("error", "the container's monitor ended before the container started")
        raise StartFailed(message, words.get("code", 125), resolution=words.get("resolution"))

    def close(self) -> None:
        """Let a shim that got no order go."""
        os.close(self._order)
        os.close(self._answer)
        self._reap()

    def _reap(self) -> None:
        """Collect the shim's short-lived parent, unless this process lets the kernel do that."""
        try:
            os.waitpid(self._pid, 0)
        except ChildProcessError:
            return


def _high_pipe() -> tuple[int, int]:
    """Open a pipe whose ends stay clear of the numbers that the shim's own descriptors get."""
    read, write = os.pipe2(os.O_CLOEXEC)
    return high(read), high(write)
