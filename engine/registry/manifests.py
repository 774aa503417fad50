"""Manifests and indexes of a repository: bounded, verified, and read once from the bytes that count."""

from __future__ import annotations

from typing import NamedTuple

from engine.errors import Corrupt
from engine.oci import digest, manifest, media
from engine.oci.document import MAX_BYTES
from engine.oci.manifest import Index, Manifest
from engine.registry.answers import bounded
from engine.registry.session import Session

ACCEPT = ", ".join((media.DOCKER_MANIFEST, media.DOCKER_INDEX, media.OCI_MANIFEST, media.OCI_INDEX))


class Fetched(NamedTuple):
    """A manifest or an index as a registry gave it."""

    data: bytes
    digest: str
    parsed: Manifest | Index


def fetch(session: Session, repository: str, reference: str) -> Fetched:
    """Fetch what a tag or a digest names.

    Raises Corrupt for bytes that are not what the digest or the registry itself says, or are more than
    MAX_BYTES; Unsupported for what is no image; NotFound, Denied, Unreachable.
    """
    path = f"/v2/{repository}/manifests/{reference}"
    what = f"manifest {reference}"
    with session.open("GET", path, headers={"Accept": ACCEPT}) as response:
        data = bounded(response, MAX_BYTES)
        said = response.headers.get("Docker-Content-Digest", "")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if len(data) > MAX_BYTES:
        raise Corrupt(f"{what} is larger than {MAX_BYTES >> 20} MiB")
    for expected in (reference, said):
        if digest.is_digest(expected):
            digest.verify(data, expected, "manifest")
    return Fetched(data, digest.of(data), manifest.parse(data, kind, what))
