"""What this machine's files say of registries: which are insecure, and who mirrors whom.

docker's `daemon.json` (registry-mirrors, insecure-registries), podman's `registries.conf`
(containers-registries.conf(5)), and files of the same two forms of our own, which are read first. As with
podman, CONTAINERS_REGISTRIES_CONF names a file that counts instead of every registries.conf.
"""

from __future__ import annotations

import ipaddress
import json
import os
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from engine.errors import EngineError
from engine.registry.endpoints import HUB, bare

_SYSTEM = "/etc"


class Mirror(NamedTuple):
    """A registry that has copies of another's images."""

    location: str
    """`host[:port]`, and the beginning of its repositories' names."""
    insecure: bool = False
    plain: bool = False
    """Whether it was named with http://."""


class Settings(NamedTuple):
    """What the files say."""

    insecure: Sequence[str] = ()
    """Hosts, with or without a port, and networks."""
    mirrors: Sequence[tuple[str, Mirror]] = ()
    """Each with the domain that it mirrors, in the order in which they are asked."""
    blocked: frozenset[str] = frozenset()

    def is_insecure(self, domain: str) -> bool:
        """Tell whether a registry need not show a certificate that is known."""
        return any(_covers(pattern, domain) for pattern in self.insecure)

    def mirrors_of(self, domain: str) -> list[Mirror]:
        """Return who is asked before a registry itself is."""
        return [mirror for name, mirror in self.mirrors if name == domain]


def own_folders() -> list[str]:
    """Return the folders of our own configuration, the user's first."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return [f"{home}/stackyard", f"{_SYSTEM}/stackyard"]


def read(folders: Sequence[str] | None = None) -> Settings:
    """Read every file there is; raises EngineError for one that is broken."""
    places = [*own_folders(), f"{_SYSTEM}/docker", f"{_SYSTEM}/containers"] if folders is None else folders
    insecure: list[str] = []
    mirrors: list[tuple[str, Mirror]] = []
    blocked: set[str] = set()
    chosen = os.environ.get("CONTAINERS_REGISTRIES_CONF") if folders is None else None
    for folder in places:
        daemon = _json(f"{folder}/daemon.json")
        insecure += _words(daemon.get("insecure-registries"))
        mirrors += [(HUB, _named(url)) for url in _words(daemon.get("registry-mirrors"))]
        for registry in _read_registries(chosen) if chosen else _registries(folder):
            domain = str(registry.get("prefix") or registry.get("location") or "")
            if registry.get("insecure") is True:
                insecure.append(domain)
            if registry.get("blocked") is True:
                blocked.add(domain)
            for mirror in registry.get("mirror") or ():
                if isinstance(mirror, dict) and mirror.get("location"):
                    mirrors.append((domain, Mirror(str(mirror["location"]), mirror.get("insecure") is True)))
    return Settings(tuple(insecure), tuple(mirrors), frozenset(blocked))


def _registries(folder: str) -> Iterator[dict[str, Any]]:
    parts = f"{folder}/registries.conf.d"
    names = sorted(name for name in _listed(parts) if name.endswith(".conf"))
    yield from _read_registries(f"{folder}/registries.conf", *(f"{parts}/{name}" for name in names))


def _read_registries(*paths: str) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            with open(path, "rb") as file:
                document = tomllib.load(file)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise EngineError(f"{path} is not valid TOML", details=str(error)) from None
        found = document.get("registry")
        yield from (entry for entry in (found if isinstance(found, list) else ()) if isinstance(entry, dict))


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _json(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            document = json.load(file)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except (ValueError, RecursionError) as error:
        raise EngineError(f"{path} is not valid JSON", details=str(error)) from None
    return document if isinstance(document, dict) else {}


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _named(url: str) -> Mirror:
    scheme, _, rest = url.rpartition("://")
    return Mirror(rest.strip("/"), plain=scheme == "http")


def _covers(pattern: str, domain: str) -> bool:
    if pattern in (domain, bare(domain)):
        return True
    try:
        return ipaddress.ip_address(bare(domain)) in ipaddress.ip_network(pattern)
    except ValueError:
        return False
