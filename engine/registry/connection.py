"""Connecting: everything this machine knows about a registry, put together into a session."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import Denied
from engine.oci.reference import Reference
from engine.registry import credentials, settings
from engine.registry.authorization import Authorization
from engine.registry.cancellation import Cancellation
from engine.registry.credential import Credential
from engine.registry.endpoints import Endpoint, endpoints
from engine.registry.session import Session
from engine.registry.settings import Mirror

PULL, PUSH = "pull", "pull,push"


def connect(
    reference: Reference,
    actions: str = PULL,
    *,
    sources: Sequence[str] = (),
    insecure: bool = False,
    cancellation: Cancellation | None = None,
) -> Session:
    """Begin a session about a repository; nothing is sent yet.

    `sources` are other repositories of the same registry that are read from. Raises Denied where the
    machine's settings block the registry.
    """
    said = settings.read()
    if reference.domain in said.blocked:
        raise Denied(
            f"cannot ask for {reference.familiar}",
            details=f"{reference.domain} is blocked by this machine's registries.conf",
        )
    scopes = [f"repository:{reference.path}:{actions}", *(f"repository:{name}:pull" for name in sources)]
    doors = endpoints(reference.domain, insecure or said.is_insecure(reference.domain))
    lookup = lambda: credentials.find(reference.domain, reference.path)  # noqa: E731
    return Session(doors, Authorization(lookup, scopes), cancellation)


def mirrors(reference: Reference, cancellation: Cancellation | None = None) -> list[tuple[Session, str]]:
    """Begin a session with each mirror of a repository, with the name it has there."""
    found = []
    for mirror in settings.read().mirrors_of(reference.domain):
        host, _, prefix = mirror.location.partition("/")
        path = f"{prefix}/{reference.path}" if prefix else reference.path
        lookup = lambda host=host, path=path: credentials.find(host, path)  # noqa: E731
        authorization = Authorization(lookup, [f"repository:{path}:{PULL}"])
        found.append((Session(_doors(mirror, host), authorization, cancellation), path))
    return found


def greet(domain: str, credential: Credential | None = None, *, insecure: bool = False) -> Session:
    """Begin a session about the registry itself, with a credential that is not in any file."""
    doors = endpoints(domain, insecure or settings.read().is_insecure(domain))
    return Session(doors, Authorization(lambda: credential))


def _doors(mirror: Mirror, host: str) -> list[Endpoint]:
    if mirror.plain:
        return [Endpoint(f"http://{host}")]
    return endpoints(host, mirror.insecure)
