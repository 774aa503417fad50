"""Manifests and indexes, docker's and OCI's (image-spec manifest.md and image-index.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from engine.errors import Corrupt, NotFound, Unsupported
from engine.oci import media
from engine.oci.descriptor import Descriptor
from engine.oci.document import MAX_BYTES as MAX_BYTES
from engine.oci.document import field, load
from engine.oci.platform import Platform


class Manifest(NamedTuple):
    """One image: its config and its layers, bottom first."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]

    def encode(self) -> bytes:
        """Return deterministic JSON."""
        return _encode(
            {
                "schemaVersion": 2,
                "mediaType": self.media_type,
                "config": self.config.document(),
                "layers": [layer.document() for layer in self.layers],
            }
        )


class Index(NamedTuple):
    """Several images, or one for several platforms."""

    media_type: str
    manifests: tuple[Descriptor, ...]

    def encode(self) -> bytes:
        """Return deterministic JSON."""
        return _encode(
            {
                "schemaVersion": 2,
                "mediaType": self.media_type,
                "manifests": [entry.document() for entry in self.manifests],
            }
        )


def parse(data: bytes, media_type: str = "", what: str = "manifest") -> Manifest | Index:
    """Parse a manifest or an index from its stored bytes.

    `media_type` is what the descriptor that led here, or the Content-Type, said: one document must not be
    read as two kinds (CVE-2021-41190). Raises Corrupt, or Unsupported for kinds that are not images.
    """
    document = load(data, what)
    version = document.get("schemaVersion")
    if version == 1:
        raise Unsupported(f"{what} has the old schema 1, which is no longer supported")
    if version != 2:
        raise Corrupt(f"{what} has no schemaVersion 2")
    is_index = "manifests" in document
    if is_index and ("layers" in document or "config" in document):
        raise Corrupt(f"{what} claims to be both an index and a manifest")
    own = field(document, "mediaType", str, what) or ""
    if own and media_type and own != media_type:
        raise Corrupt(f"{what} says it is {own} but was announced as {media_type}")
    kind = own or media_type
    if kind and kind not in (media.INDEXES if is_index else media.MANIFESTS):
        if kind in media.INDEXES | media.MANIFESTS:
            raise Corrupt(f"{what} is not what its media type {kind} says")
        raise Unsupported(f"{what} has the unsupported media type {kind}")
    if is_index:
        entries = field(document, "manifests", list, what) or []
        return Index(kind or media.OCI_INDEX, tuple(Descriptor.parse(entry, what) for entry in entries))
    config = Descriptor.parse(document.get("config"), f"{what}: config")
    layers = tuple(Descriptor.parse(entry, what) for entry in field(document, "layers", list, what) or [])
    return Manifest(kind or media.OCI_MANIFEST, config, layers)


def choose(manifests: Sequence[Descriptor], platform: Platform) -> Descriptor:
    """Choose the first entry that names the platform, else the first without one; raises NotFound."""
    for entry in manifests:
        if entry.platform and platform.accepts(entry.platform):
            return entry
    for entry in manifests:
        if entry.platform is None or not entry.platform.architecture:
            return entry
    offered = ", ".join(sorted({str(entry.platform) for entry in manifests}))
    raise NotFound(
        f"no matching manifest for {platform} in the manifest list entries",
        details=f"there is {offered or 'none'}",
    )


def _encode(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
