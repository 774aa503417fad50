"""Starting shims: a fresh, single-threaded interpreter for each, never a fork of the caller.

The interpreter runs from a detached read-only mount of its own file, so a container that reaches it through
/proc/self/exe finds nothing it can write to (CVE-2019-5736).
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from engine.errors import EngineError, StartFailed
from engine.kernel import mounts
from engine.shim.doorbell import Doorbell
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
        order, self._order = os.pipe2(os.O_CLOEXEC)
        self._answer, answer = os.pipe2(os.O_CLOEXEC)
        home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        interpreter = _sealed_interpreter()
        actions: list[tuple[int, ...]] = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
        # Above every number the two may have now, so that neither dup2 overwrites the other's source.
        actions += [(os.POSIX_SPAWN_DUP2, order, 200), (os.POSIX_SPAWN_DUP2, answer, 201)]
        actions += [(os.POSIX_SPAWN_DUP2, 200, ORDER), (os.POSIX_SPAWN_DUP2, 201, ANSWER)]
        actions += [(os.POSIX_SPAWN_CLOSE, 200), (os.POSIX_SPAWN_CLOSE, 201)]
        try:
            self._pid = os.posix_spawn(
                interpreter[1],
                [sys.executable, "-I", "-S", "-c", _BOOT, home],
                {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                file_actions=actions,
                setsid=True,
            )
        except OSError as error:
            raise EngineError(f"cannot start the container's monitor: {error.strerror}") from error
        finally:
            for descriptor in (order, answer, null, interpreter[0]):
                if descriptor >= 0:
                    os.close(descriptor)

    def begin(self, order: Order) -> Doorbell | None:
        """Run the container; return once it is running, with its bell if the order asks for one.

        Raises StartFailed.
        """
        with open(self._order, "wb") as pipe:
            pipe.write(json.dumps(order._asdict()).encode())
        text = b""
        # What follows the line is the bell, ringing already.
        while b"\n" not in text and (chunk := os.read(self._answer, 65536)):
            text += chunk
        os.waitpid(self._pid, 0)
        words: dict[str, Any] = json.loads(text.partition(b"\n")[0] or b"{}")
        if "pid" in words and order.attached:
            return Doorbell(self._answer)
        os.close(self._answer)
        if "pid" in words:
            return None
        message = words.get("error", "the container's monitor ended before the container started")
        raise StartFailed(message, words.get("code", 125))

    def close(self) -> None:
        """Let a shim that got no order go."""
        os.close(self._order)
        os.close(self._answer)
        os.waitpid(self._pid, 0)


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
    return descriptor, f"/proc/self/fd/{descriptor}"
