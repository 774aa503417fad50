"""The one network device every namespace has: netdevice(7)."""

from __future__ import annotations

import fcntl
import os
import struct

from engine.kernel.libc import call

_AF_INET, _SOCK_DGRAM, _SOCK_CLOEXEC = 2, 2, 0o2000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def raise_loopback() -> None:
    """Bring `lo` up in this network namespace."""
    descriptor = call("socket", _AF_INET, _SOCK_DGRAM | _SOCK_CLOEXEC, 0)
    try:
        fcntl.ioctl(descriptor, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
    finally:
        os.close(descriptor)
