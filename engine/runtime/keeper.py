"""A process that keeps a stopped container's mounts for as long as somebody looks at them or writes to them.

It has a mount namespace of its own and its root in it; whoever started it reaches that through /proc. It ends
when its order's pipe is closed, and its mounts with it: nothing is ever mounted on the host.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from engine.errors import EngineError
from engine.kernel import mounts, processes
from engine.kernel.mounts import Mount
from engine.runtime import rootfs

BOOT = (
    "import sys\n"
    "sys.path.append(sys.argv[1])\n"
    "from engine.runtime.keeper import main\n"
    "main()"
)  # fmt: skip
ORDER, ANSWER = 3, 4


@contextmanager
def kept(process: int, order: int, answer: int, union: Sequence[Mount], place: str,
         entries: Sequence[Mapping[str, Any]]) -> Iterator[int]:  # fmt: skip
    """Tell the keeper what to mount, and yield a descriptor of its root; `place` is an empty directory.

    `order` and `answer` are our ends of its pipes; they are closed, and the process is waited for. Raises
    EngineError.
    """
    try:
        text = json.dumps(
            {"place": place, "union": [list(mount) for mount in union], "entries": list(entries)}
        )
        os.write(order, text.encode() + b"\n")
        said = os.read(answer, 4096)
        if said != b"ready":
            raise EngineError(said.decode("utf-8", "replace") or "the container's mounts could not be made")
        root = os.open(f"/proc/{process}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield root
        finally:
            os.close(root)
    finally:
        os.close(order)
        os.close(answer)
        os.waitpid(process, 0)


def main() -> None:
    """Mount what is ordered, say so, and wait until the order's pipe is closed."""
    with open(ORDER, "rb") as order:
        words = json.loads(order.readline())
        try:
            processes.unshare(processes.CLONE_NEWNS)
            _assemble(words["place"], words["union"], words["entries"])
            os.chroot(words["place"])
            os.chdir("/")
        except OSError as error:
            os.write(ANSWER, f"cannot mount what the container has: {error.strerror}".encode())
            return
        os.write(ANSWER, b"ready")
        order.read()


def _assemble(place: str, union: Sequence[Sequence[Any]], entries: Sequence[Mapping[str, Any]]) -> None:
    mounts.private_root()
    for kind, source, target, options, lowers in union:
        rootfs.mount_union(Mount(kind, source, target, tuple(options), tuple(lowers)), place)
    root = os.open(place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for entry in entries:
            rootfs.mount_entry(root, entry, ())
    finally:
        os.close(root)
