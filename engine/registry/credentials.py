"""Where the credentials of this user are: docker's config.json, podman's auth.json, and programs that keep
them.

Each file is asked in turn, and in each the most specific name first: `host/team/app`, `host/team`, `host`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import EngineError, from_os
from engine.oci.reference import DEFAULT_DOMAIN
from engine.registry import keeper
from engine.registry.credential import Credential, decoded

HUB_KEY = "https://index.docker.io/v1/"
"""What docker's files call Docker Hub."""
_MOST = 1 << 20


class File:
    """One file of credentials; it need not exist."""

    def __init__(self, path: str) -> None:
        self.path = path

    def find(self, domain: str, repository: str) -> Credential | None:
        """Find the credential for a repository; raises EngineError for a broken file or keeper."""
        document = self.read()
        auths = _object(document, "auths")
        for name in _names(domain, repository):
            helper = _object(document, "credHelpers").get(name)
            if isinstance(helper, str):
                return keeper.get(helper, name)
            for key in sorted(auths, reverse=True):
                if key == name or _bare(key) == name:
                    found = _entry(auths[key])
                    if found is not None:
                        return found
        store = document.get("credsStore")
        return keeper.get(store, server(domain)) if isinstance(store, str) and store else None

    def keeper(self, domain: str) -> str:
        """Name the program that keeps a registry's credentials; empty if the file does."""
        document = self.read()
        found = _object(document, "credHelpers").get(server(domain)) or document.get("credsStore")
        return found if isinstance(found, str) else ""

    def read(self) -> dict[str, Any]:
        """Return the file's document, an empty one where there is no file."""
        try:
            with open(self.path, "rb") as file:
                data = file.read(_MOST + 1)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise from_os(error, "cannot read the credentials") from error
        try:
            document = json.loads(data or b"{}") if len(data) <= _MOST else None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise EngineError(f"{self.path} is not valid JSON", resolution="mend or remove it")
        return document


def find(domain: str, repository: str = "") -> Credential | None:
    """Find the credential for a repository of a registry; None where nobody has logged in."""
    for file in files():
        found = file.find(domain, repository)
        if found is not None:
            return found
    return None


def files(environment: Mapping[str, str] | None = None) -> list[File]:
    """Return the files of this user; a login is written to the first."""
    environ = os.environ if environment is None else environment
    home = environ.get("HOME") or os.path.expanduser("~")
    explicit = environ.get("REGISTRY_AUTH_FILE")
    if explicit:
        return [File(explicit)]
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/containers/{os.getuid()}"
    places = (
        f"{environ.get('DOCKER_CONFIG') or f'{home}/.docker'}/config.json",
        f"{runtime}/containers/auth.json" if environ.get("XDG_RUNTIME_DIR") else f"{runtime}/auth.json",
        f"{environ.get('XDG_CONFIG_HOME') or f'{home}/.config'}/containers/auth.json",
    )
    return [File(place) for place in places]


def server(domain: str) -> str:
    """Name a registry as docker's files do."""
    return HUB_KEY if domain == DEFAULT_DOMAIN else domain


def _names(domain: str, repository: str) -> Iterator[str]:
    parts = repository.split("/") if repository else []
    for count in range(len(parts), 0, -1):
        yield f"{domain}/{'/'.join(parts[:count])}"
    yield server(domain)
    if domain == DEFAULT_DOMAIN:
        yield from (domain, "index.docker.io", "registry-1.docker.io")


def _bare(key: str) -> str:
    """Leave out what old dockers wrote around a host: the scheme and the version."""
    without = key.removeprefix("https://").removeprefix("http://")
    return without.partition("/")[0] if without != key else without.rstrip("/")


def _object(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _entry(entry: object) -> Credential | None:
    if not isinstance(entry, dict):
        return None
    words = {key: value for key, value in entry.items() if isinstance(value, str)}
    name, password = decoded(words.get("auth", "")) or (words.get("username", ""), words.get("password", ""))
    found = Credential(name, password, words.get("identitytoken", ""), words.get("registrytoken", ""))
    return found if any((password, found.identity_token, found.registry_token)) else None
