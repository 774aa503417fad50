"""By which doors a registry is reached: over TLS, and without it only where docker would too."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

HUB = "docker.io"
_HUB_HOST = "registry-1.docker.io"


class Endpoint(NamedTuple):
    """One door of a registry."""

    base: str
    """Scheme, host and port."""
    verify: bool = True
    """Whether its certificate must be signed by somebody known."""

    @property
    def host(self) -> str:
        """Host and port, as certs.d names its folders."""
        return self.base.partition("://")[2]

    @property
    def plain(self) -> bool:
        """Tell whether it speaks without TLS."""
        return self.base.startswith("http://")


def endpoints(domain: str, insecure: bool = False) -> list[Endpoint]:
    """Return the doors to try, in order: an insecure registry may be unverified, or speak without TLS."""
    host = _HUB_HOST if domain == HUB else domain
    if insecure or is_loopback(host):
        return [Endpoint(f"https://{host}", verify=False), Endpoint(f"http://{host}")]
    return [Endpoint(f"https://{host}")]


def is_loopback(host: str) -> bool:
    """Tell whether `host[:port]` is this machine itself."""
    name = bare(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def bare(host: str) -> str:
    """Leave out the port and an IPv6 address's brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
