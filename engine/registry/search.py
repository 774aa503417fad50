"""Searching a registry: docker's old index API, which Docker Hub and few others still answer."""

from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import quote

from engine.errors import InvalidInput, NotFound, Unreachable
from engine.oci.document import MAX_BYTES
from engine.oci.reference import DEFAULT_DOMAIN
from engine.registry.answers import bounded
from engine.registry.connection import greet

_INDEX = "index.docker.io"
MOST = 100


class Found(NamedTuple):
    """One repository."""

    name: str
    description: str
    stars: int
    official: bool
    automated: bool


def search(term: str, limit: int) -> list[Found]:
    """Ask for repositories; raises InvalidInput, NotFound where the registry cannot search, Unreachable."""
    if not 1 <= limit <= MOST:
        raise InvalidInput(f"Limit {limit} is outside the range of [1, {MOST}]")
    first, slash, rest = term.partition("/")
    elsewhere = bool(slash) and (any(char in first for char in ".:") or first == "localhost")
    domain, wanted = (first, rest) if elsewhere and first != DEFAULT_DOMAIN else (_INDEX, term)
    if not wanted:
        raise InvalidInput("the search term is empty")
    with greet(domain) as session:
        try:
            with session.open("GET", f"/v1/search?q={quote(wanted, safe='')}&n={limit}") as response:
                data = bounded(response, MAX_BYTES)
        except NotFound:
            raise NotFound(f"{domain} cannot be searched", details="Unexpected status code 404") from None
    return _read(data, domain)


def _read(data: bytes, domain: str) -> list[Found]:
    try:
        return [
            Found(
                str(entry["name"]),
                str(entry.get("description") or ""),
                int(entry.get("star_count") or 0),
                entry.get("is_official") is True,
                entry.get("is_automated") is True,
            )
            for entry in json.loads(data)["results"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreachable(f"{domain} sent no search results") from None
