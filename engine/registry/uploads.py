"""Sending blobs and manifests (distribution-spec, "Pushing")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote

import httpx

from engine.errors import Corrupt, InvalidInput, Unreachable
from engine.oci import digest
from engine.oci.descriptor import Descriptor
from engine.registry.session import Session

_PIECE = 1 << 20
_BYTES = "application/octet-stream"


class Begun(NamedTuple):
    """An upload that a registry has agreed to."""

    location: str
    offset: int = 0
    """How much of it the registry has."""


def exists(session: Session, repository: str, name: str) -> bool:
    """Tell whether a repository has a blob."""
    with session.open("HEAD", f"/v2/{repository}/blobs/{name}", good=(200, 404)) as response:
        return response.status_code == 200


def mount(session: Session, repository: str, name: str, source: str) -> Begun | None:
    """Take a blob over from another repository of the registry.

    None says that it is done; else the registry would rather have it sent, and says where.
    """
    path = f"/v2/{repository}/blobs/uploads/?mount={quote(name)}&from={quote(source, safe='')}"
    with session.open("POST", path, good=(201, 202)) as response:
        return None if response.status_code == 201 else Begun(_location(response))


def upload(
    session: Session,
    repository: str,
    blob: Descriptor,
    path: str,
    progress: Callable[[int], None],
    begun: Begun | None = None,
) -> None:
    """Send a file as a blob, going on after a cut with what the registry says that it has.

    Raises Denied, Unreachable, InvalidInput, Cancelled.
    """
    for attempt in range(session.manner.attempts):
        if begun is None:
            begun = _begin(session, repository)
        try:
            _send(session, begun, blob, path, progress)
            return
        except Unreachable:
            if attempt + 1 == session.manner.attempts:
                raise
            session.patience(attempt)
            begun = _standing(session, begun)


def put_manifest(session: Session, repository: str, reference: str, data: bytes, media_type: str) -> str:
    """Send a manifest under a tag or digest; return its digest."""
    path = f"/v2/{repository}/manifests/{reference}"
    headers = {"Content-Type": media_type, "Content-Length": str(len(data))}
    with session.open("PUT", path, headers=headers, body=lambda: [data], good=(200, 201)) as response:
        said = response.headers.get("Docker-Content-Digest", "")
    name = digest.of(data)
    if digest.is_digest(said) and said != name:
        raise Corrupt(f"{session.door.host} has kept another manifest than it was sent", details=said)
    return name


def _begin(session: Session, repository: str) -> Begun:
    path = f"/v2/{repository}/blobs/uploads/"
    with session.open("POST", path, headers={"Content-Length": "0"}, good=(202,)) as response:
        return Begun(_location(response))


def _send(
    session: Session, begun: Begun, blob: Descriptor, path: str, progress: Callable[[int], None]
) -> None:
    location = begun.location
    if begun.offset < blob.size or not blob.size:
        headers = {"Content-Type": _BYTES, "Content-Length": str(blob.size - begun.offset)}
        if begun.offset:
            headers["Content-Range"] = f"{begun.offset}-{blob.size - 1}"

        def body() -> Iterator[bytes]:
            return _pieces(path, begun.offset, session, progress)

        with session.open("PATCH", location, headers=headers, body=body, good=(202, 204), once=True) as sent:
            location = _location(sent)
    closing = str(httpx.URL(location).copy_add_param("digest", blob.digest))
    with session.open("PUT", closing, headers={"Content-Length": "0"}, good=(201, 204), once=True):
        return


def _standing(session: Session, begun: Begun) -> Begun | None:
    """Ask how far an upload has come; None if it must begin anew."""
    try:
        with session.open("GET", begun.location, good=(204,)) as response:
            end = response.headers.get("Range", "").rpartition("-")[2]
            offset = int(end) + 1 if end.isdigit() and end != "0" else 0
            return Begun(_location(response), offset)
    except (InvalidInput, LookupError, Unreachable):
        return None


def _location(response: httpx.Response) -> str:
    location = response.headers.get("Location")
    if not location:
        raise Unreachable(f"{response.request.url.host} does not say where to send to")
    return str(response.request.url.join(location))


def _pieces(path: str, offset: int, session: Session, progress: Callable[[int], None]) -> Iterator[bytes]:
    with open(path, "rb") as file:
        file.seek(offset)
        while piece := file.read(_PIECE):
            session.cancellation.check()
            yield piece
            offset += len(piece)
            progress(offset)
