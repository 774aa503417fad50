"""Starting shims: a fresh, single-threaded interpreter for each, never a fork of the caller.

The interpreter runs from a detached read-only mount of its own file, so a container that reaches it through
/proc/self/exe finds nothing it can write to (CVE-2019-5736).
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from typing import Any

from engine.errors import EngineError, StartFailed
from engine.kernel import mounts
from engine.shim.doorbell import Doorbell
from engine.shim.order import ANSWER, ORDER, Order

_SIGNALS = (*range(1, 32), *range(34, 65))
"""All but the two that the C library keeps for itself."""
_FIRST_FREE = ANSWER + 1
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
        home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        interpreter = _sealed_interpreter()
        actions: list[tuple[Any, ...]] = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0)]
        actions += [(os.POSIX_SPAWN_DUP2, 0, number) for number in (1, 2)]
        actions += [(os.POSIX_SPAWN_DUP2, order, ORDER), (os.POSIX_SPAWN_DUP2, answer, ANSWER)]
        try:
            self._pid = os.posix_spawn(
                interpreter[1],
                [sys.executable, "-I", "-S", "-c", _BOOT, home],
                {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                file_actions=actions,
                setsid=True,
                # What the caller ignores or blocks is no business of the container's.
                setsigmask=(),
                setsigdef=_SIGNALS,
            )
        except OSError as error:
            raise EngineError(f"cannot start the container's monitor: {error.strerror}") from error
        finally:
            for descriptor in (order, answer, interpreter[0]):
                if descriptor >= 0:
                    os.close(descriptor)

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
    ends = os.pipe2(os.O_CLOEXEC)
    read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in ends)
    for end in ends:
        os.close(end)
    return read, write


def _sealed_interpreter() -> tuple[int, str]:
    """Clone the mount of the interpreter's file read-only.

    Without the right to, fall back to the file itself.
    """
    path = os.path.realpath(sys.executable)
    try:
        descriptor = mounts.clone_tree(path)
    except OSError:
        return -1, path
    try:
        mounts.set_attributes(descriptor, mounts.MOUNT_ATTR_RDONLY)
    except OSError:
        os.close(descriptor)
        return -1, path
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    os.close(descriptor)
    return high, f"/proc/self/fd/{high}"
