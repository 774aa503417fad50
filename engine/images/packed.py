"""An image as an archive holds it, before anything of it is unpacked."""

from __future__ import annotations

from typing import NamedTuple

from engine.images.intake import Blob
from engine.oci import media
from engine.oci.reference import Reference


class PackedLayer(NamedTuple):
    """Where a layer's bytes are."""

    name: str
    """Of the file in the archive."""
    blob: Blob | None = None
    """What a manifest says about these bytes."""


class Packed(NamedTuple):
    """One image of an archive."""

    config: bytes
    layers: tuple[PackedLayer, ...]
    references: tuple[Reference, ...]
    manifest: tuple[bytes, str] | None = None
    config_type: str = media.OCI_CONFIG
