"""What `docker save` and `podman save` write: manifest.json, a list of images with the files of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.errors import Corrupt
from engine.images.archive import Archive
from engine.images.intake import Blob
from engine.images.packed import Packed, PackedLayer
from engine.oci import digest, media
from engine.oci.document import MAX_BYTES, field, load_any, strings
from engine.oci.reference import IDENTIFIER, Reference

_WHAT = "manifest.json"


def images(archive: Archive) -> Iterator[Packed]:
    """Yield the images in their order; raises Corrupt, InvalidReference."""
    listed = load_any(archive.read(_WHAT, MAX_BYTES), _WHAT)
    if not isinstance(listed, list) or not all(isinstance(image, dict) for image in listed):
        raise Corrupt(f"{_WHAT} is not a list of images")
    for image in listed:
        yield _packed(archive, image)


def _packed(archive: Archive, image: dict[str, Any]) -> Packed:
    name = field(image, "Config", str, _WHAT)
    if not name:
        raise Corrupt(f"{_WHAT}: an image has no Config")
    config = archive.read(name, MAX_BYTES)
    # Both generations of docker name the config by its digest: <id>.json and blobs/sha256/<id>.
    stem = name.rpartition("/")[2].removesuffix(".json")
    if IDENTIFIER.fullmatch(stem):
        digest.verify(config, f"sha256:{stem}", "config")
    layers = tuple(_layer(archive, file) for file in strings(image, "Layers", _WHAT) or ())
    names = strings(image, "RepoTags", _WHAT) or ()
    return Packed(
        config,
        layers,
        tuple(Reference.parse(text).tagged for text in names),
        config_type=media.DOCKER_CONFIG,
    )


def _layer(archive: Archive, name: str) -> PackedLayer:
    """Note what a layer's name says: since docker 25 it is the digest of its bytes, packed or not."""
    folder, _, stem = name.rpartition("/")
    if folder == "blobs/sha256" and IDENTIFIER.fullmatch(stem):
        return PackedLayer(name, Blob(f"sha256:{stem}", archive.size(name), ""))
    return PackedLayer(name)
