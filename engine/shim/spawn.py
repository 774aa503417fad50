"""Starting shims, and giving them their orders."""

from __future__ import annotations

import json
import os

from engine.errors import EngineError, StartFailed
from engine.shim import talk
from engine.shim.interpreter import high, spawn
from engine.shim.order import ANSWER, ORDER, Order
from engine.shim.talk import Message
from engine.shim.visit import Visit

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
        read, write = os.pipe2(os.O_CLOEXEC)
        order, self._order = high(read), high(write)
        line, theirs = talk.pair()
        answer = high(theirs.detach())
        self._visit = Visit(line)
        try:
            self._pid = spawn(_BOOT, {ORDER: order, ANSWER: answer})
        except OSError as error:
            raise EngineError(f"cannot start the container's monitor: {error.strerror}") from error
        finally:
            os.close(order)
            os.close(answer)

    def begin(self, order: Order) -> tuple[Visit, Message, list[int]]:
        """Run the container; return once it is running, with whoever asked for it as its first visitor.

        The rest is the shim's answer, and the descriptors that came with it. Raises StartFailed.
        """
        try:
            with open(self._order, "wb") as pipe:
                pipe.write(json.dumps(order._asdict()).encode())
        except BrokenPipeError:
            pass  # It has ended; that there is no answer says so.
        try:
            answer, handed = self._visit.answer()
        except StartFailed:
            self._visit.close()
            raise
        finally:
            self._reap()
        return self._visit, answer, handed

    def close(self) -> None:
        """Let a shim that got no order go."""
        os.close(self._order)
        self._visit.close()
        self._reap()

    def _reap(self) -> None:
        """Collect the shim's short-lived parent, unless this process lets the kernel do that."""
        try:
            os.waitpid(self._pid, 0)
        except ChildProcessError:
            return
