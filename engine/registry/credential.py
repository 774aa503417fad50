"""Who somebody is to a registry."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple


class Credential(NamedTuple):
    """A name and a password, or a token that stands for both; never printed."""

    username: str = ""
    password: str = ""
    identity_token: str = ""
    """Exchanged for others at the registry's realm (OAuth 2.0 refresh token)."""
    registry_token: str = ""
    """Shown to the registry as it is."""

    @property
    def basic(self) -> str:
        """Write it as the header of basic authentication."""
        return f"Basic {self.encoded}"

    @property
    def encoded(self) -> str:
        """Write name and password as docker's files keep them."""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()

    def __repr__(self) -> str:
        return f"Credential({self.username!r}, …)"


def decoded(text: str) -> tuple[str, str] | None:
    """Read name and password as docker's files keep them; None for what is none."""
    try:
        name, colon, password = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password.strip("\0")) if colon and name else None
