"""Whose certificates are trusted, and which ones are shown: certs.d, as docker and podman read it."""

from __future__ import annotations

import ssl

from engine.registry.endpoints import Endpoint


def context(door: Endpoint | None) -> ssl.SSLContext:
    """Make what TLS with a registry needs, with the system's own CAs for everybody else (None)."""
    made = ssl.create_default_context()
    if door is not None and not door.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
