"""Whose certificates are trusted, and which ones are shown: certs.d, as docker and podman read it.

Below each folder stands one named after the registry (`host` or `host:port`), with CAs in `*.crt` and pairs
of a client's own `*.cert` and `*.key`.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence

from engine.errors import EngineError
from engine.registry.endpoints import Endpoint
from engine.registry.settings import own_folders


def folders() -> list[str]:
    """Return the folders that are read, ours first."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    others = [f"{home}/containers", f"{home}/docker", "/etc/containers", "/etc/docker"]
    return [f"{place}/certs.d" for place in (*own_folders(), *others)]


def context(door: Endpoint | None, places: Sequence[str] | None = None) -> ssl.SSLContext:
    """Make what TLS with a registry needs, with the system's own CAs for everybody else (None).

    Raises EngineError for a certificate that cannot be read.
    """
    made = ssl.create_default_context()
    if door is None:
        return made
    if not door.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    for place in folders() if places is None else places:
        _load(made, f"{place}/{door.host}")
    return made


def _load(made: ssl.SSLContext, folder: str) -> None:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = f"{folder}/{name}"
        try:
            if name.endswith(".crt"):
                made.load_verify_locations(path)
            elif name.endswith(".cert"):
                made.load_cert_chain(path, f"{path.removesuffix('.cert')}.key")
        except (OSError, ssl.SSLError) as error:
            raise EngineError(f"cannot use the certificate {path}", details=str(error)) from error
