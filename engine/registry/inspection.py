"""Looking at a manifest or an index where it is, without pulling."""

from __future__ import annotations

from typing import NamedTuple

from engine.errors import NotFound
from engine.oci import digest
from engine.oci.config import ImageConfig
from engine.oci.descriptor import Descriptor
from engine.oci.manifest import Index, Manifest
from engine.oci.reference import Reference
from engine.registry.answers import bounded
from engine.registry.connection import connect
from engine.registry.manifests import Fetched, fetch
from engine.registry.session import Session

_MOST_ENTRIES = 64


class Entry(NamedTuple):
    """One image: what leads to it, and its manifest."""

    name: str
    """The reference that leads to it."""
    descriptor: Descriptor
    """With the platform that the index, or else the config, says."""
    manifest: Fetched


class Inspected(NamedTuple):
    """What a name leads to."""

    top: Fetched
    entries: tuple[Entry, ...]
    """The images: the name's own, or those of the index."""


def inspect(name: str, insecure: bool) -> Inspected:
    """Fetch what a name leads to; raises NotFound (`no such manifest: …`) and what fetching raises."""
    reference = Reference.parse(name).resolved
    with connect(reference, insecure=insecure) as session:
        try:
            top = fetch(session, reference.path, reference.digest or reference.tag or "")
        except NotFound:
            raise NotFound(f"no such manifest: {reference.familiar}") from None
        if isinstance(top.parsed, Manifest):
            return Inspected(top, (_alone(session, reference, top, top.parsed),))
        entries = [_entry(session, reference, one) for one in _images(top.parsed)]
    return Inspected(top, tuple(entries))


def _images(index: Index) -> tuple[Descriptor, ...]:
    return index.manifests[:_MOST_ENTRIES]


def _alone(session: Session, reference: Reference, top: Fetched, parsed: Manifest) -> Entry:
    with session.open("GET", f"/v2/{reference.path}/blobs/{parsed.config.digest}") as response:
        data = bounded(response, min(parsed.config.size, 4 << 20))
    platform = ImageConfig.parse(digest.verify(data, parsed.config.digest, "image config")).platform
    descriptor = Descriptor(parsed.media_type, top.digest, len(top.data), platform=platform)
    return Entry(reference.canonical, descriptor, top)


def _entry(session: Session, reference: Reference, descriptor: Descriptor) -> Entry:
    found = fetch(session, reference.path, descriptor.digest)
    name = reference._replace(tag=None, digest=descriptor.digest).canonical
    return Entry(name, descriptor, found)
