"""A terminal for a container's first process, out of the container's own devpts.

The other end goes to whoever shows it, over a socket; /dev/console is the terminal too, by descriptor and not
by a name that could be swapped (CVE-2025-52565).
"""

from __future__ import annotations

import _socket
import errno
import fcntl
import os
import stat
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from engine.kernel import mounts

_TIOCSPTLCK, _TIOCGPTPEER, _TIOCSCTTY, _TIOCSWINSZ = 0x40045431, 0x5441, 0x540E, 0x5414
_SIZE = struct.Struct("=4H")


class Console(NamedTuple):
    """Where the terminal's other end is sent to."""

    socket: int
    main: bool = True
    """Whether it is the container's console too."""

    def open(self, process: Mapping[str, Any]) -> None:
        """Make the terminal this process's own and its standard streams; to be called inside the new root.

        `process` is the specification's: its user owns the terminal, its `consoleSize` is the size.
        """
        master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        fcntl.ioctl(master, _TIOCSPTLCK, struct.pack("=i", 0))
        slave = fcntl.ioctl(master, _TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY)
        size = process.get("consoleSize") or {}
        resize(master, size.get("width", 0), size.get("height", 0))
        os.fchown(slave, process["user"]["uid"], -1)
        if self.main:
            _mount_on_console(slave)
        fcntl.ioctl(slave, _TIOCSCTTY, 0)
        send(self.socket, master)
        for number in (0, 1, 2):
            os.dup2(slave, number)
        os.close(slave)
        os.close(master)


def _mount_on_console(slave: int) -> None:
    """Mount the terminal on /dev/console, which a /dev that the user brought has already; never on a link."""
    with suppress(FileExistsError):
        os.close(os.open("/dev/console", os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    target = os.open("/dev/console", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if stat.S_ISLNK(os.fstat(target).st_mode):
            raise OSError(errno.ELOOP, "/dev/console is a link")
        tree = mounts.clone_tree(slave)
        mounts.attach(tree, target)
        os.close(tree)
    finally:
        os.close(target)


def resize(terminal: int, width: int, height: int) -> None:
    """Set a terminal's size in columns and rows; its programs are told."""
    fcntl.ioctl(terminal, _TIOCSWINSZ, _SIZE.pack(height, width, 0, 0))


def send(number: int, descriptor: int) -> None:
    """Send a descriptor over the socket that has this number, which stays open."""
    socket = _socket.socket(fileno=number)
    try:
        handed = struct.pack("=i", descriptor)
        socket.sendmsg([b"\0"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handed)])
    finally:
        socket.detach()


def receive(socket: _socket.socket) -> int | None:
    """Receive a descriptor; None when the other side has gone without sending one."""
    data, handed, _, _ = socket.recvmsg(1, _socket.CMSG_SPACE(4), _socket.MSG_CMSG_CLOEXEC)
    if not data or not handed:
        return None
    number: int = struct.unpack("=i", handed[0][2])[0]
    return number
