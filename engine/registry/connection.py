"""Connecting: everything this machine knows about a registry, put together into a session."""

from __future__ import annotations

from engine.registry.authorization import Authorization
from engine.registry.endpoints import endpoints
from engine.registry.session import Session


def connect(domain: str) -> Session:
    """Begin a session with the registry at `domain`; nothing is sent yet."""
    return Session(endpoints(domain), Authorization())
