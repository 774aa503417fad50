"""What can be done with registries that is not about an image of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.oci.reference import DEFAULT_DOMAIN

if TYPE_CHECKING:
    from engine.registry.inspection import Inspected
    from engine.registry.login import Kept
    from engine.registry.search import Found


class Registries:
    """The registries of this user; each is named by its domain, docker.io by default."""

    def login(self, domain: str = DEFAULT_DOMAIN, username: str = "", password: str = "") -> Kept:
        """Try a name and a password at a registry and keep them where docker's own client finds them too.

        Raises Denied, Unreachable.
        """
        from engine.registry.login import login

        return login(domain, username, password)

    def relogin(self, domain: str = DEFAULT_DOMAIN) -> str:
        """Try what was kept for a registry; return the name, or nothing where nothing was kept.

        Raises Denied, Unreachable.
        """
        from engine.registry.login import existing, verify

        credential = existing(domain)
        if credential is None or not credential.username:
            return ""
        verify(domain, credential)
        return credential.username

    def logout(self, domain: str = DEFAULT_DOMAIN) -> bool:
        """Forget what was kept for a registry; tell whether there was anything."""
        from engine.registry.login import logout

        return logout(domain)

    def search(self, term: str, limit: int = 25) -> Sequence[Found]:
        """Ask Docker Hub, or the registry that `term` begins with, for repositories.

        Raises InvalidInput, NotFound, Unreachable.
        """
        from engine.registry.search import search

        return search(term, limit)

    def manifests(self, name: str, insecure: bool = False) -> Inspected:
        """Fetch the manifest or the index that a name leads to, and what the latter names.

        Raises InvalidReference, NotFound, Denied, Unreachable, Corrupt.
        """
        from engine.registry.inspection import inspect

        return inspect(name, insecure)
