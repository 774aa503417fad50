"""What a registry is shown so that it lets us in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

import httpx

from engine.registry.challenge import Challenge, challenges
from engine.registry.credential import Credential
from engine.registry.endpoints import Endpoint
from engine.registry.realm import token

Lookup = Callable[[], Credential | None]
Clients = Callable[[httpx.URL], httpx.Client]
"""Gives the client for an address: with the registry's own trust for the registry itself only."""


class Authorization:
    """The header that was good last, for the scopes of one session."""

    def __init__(self, lookup: Lookup = lambda: None, scopes: Iterable[str] = ()) -> None:
        self._lookup = lookup
        self._scopes = list(scopes)
        self._lock = threading.Lock()
        self.header = ""

    def answer(self, asked: Sequence[str], door: Endpoint, shown: str, clients: Clients) -> str | None:
        """Answer a registry's challenge; None if there is nothing better than what was `shown`.

        Raises Denied, Unreachable.
        """
        with self._lock:
            if self.header != shown:
                return self.header  # another thread has just renewed it
            for challenge in challenges(asked):
                header = self._header(challenge, door, clients)
                if header and header != shown:
                    self.header = header
                    return header
            return None

    def _header(self, challenge: Challenge, door: Endpoint, clients: Clients) -> str:
        credential = self._lookup()
        if challenge.scheme == "basic":
            return credential.basic if credential is not None and credential.password else ""
        if challenge.scheme != "bearer" or "realm" not in challenge.parameters:
            return ""
        if credential is not None and credential.registry_token:
            return f"Bearer {credential.registry_token}"
        realm = challenge.parameters["realm"]
        scopes = self._scopes or challenge.parameters.get("scope", "").split()
        try:
            client = clients(httpx.URL(realm))
        except httpx.InvalidURL:
            return ""
        service = challenge.parameters.get("service", "")
        return f"Bearer {token(client, realm, service, scopes, credential, door)}"
