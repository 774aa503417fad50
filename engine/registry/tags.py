"""The tags of a repository."""

from __future__ import annotations

import json
import re

import httpx

from engine.errors import Unreachable
from engine.oci.document import MAX_BYTES
from engine.oci.reference import TAG
from engine.registry.answers import bounded
from engine.registry.session import Session

_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?')
_PAGES = 1000


def tags(session: Session, repository: str) -> list[str]:
    """List them, page by page; raises NotFound, Denied, Unreachable."""
    found: list[str] = []
    path = f"/v2/{repository}/tags/list"
    for _ in range(_PAGES):
        with session.open("GET", path) as response:
            found += _read(bounded(response, MAX_BYTES), session.door.host)
            following = _NEXT.search(response.headers.get("Link", ""))
            if following is None:
                return found
            path = str(response.request.url.join(following[1]))
        if not _same(path, session):
            raise Unreachable(f"{session.door.host} continues its list of tags elsewhere")
    raise Unreachable(f"{session.door.host} has no end of tags")


def _read(data: bytes, host: str) -> list[str]:
    try:
        listed = json.loads(data)["tags"] or []
        return [tag for tag in listed if TAG.fullmatch(tag)]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreachable(f"{host} sent no list of tags") from None


def _same(url: str, session: Session) -> bool:
    return httpx.URL(url).netloc == httpx.URL(session.door.base).netloc
