"""OCI image layouts (image-spec image-layout.md): what came with a manifest goes out byte for byte."""

from __future__ import annotations

from collections.abc import Sequence

from engine.images.archive_oci import CONTAINERD_NAME, REF_NAME
from engine.images.intake import Blob
from engine.images.records import Image
from engine.images.saving import Selected, Sink
from engine.images.stock import Parcel, Stock
from engine.oci import digest, media
from engine.oci.config import ImageConfig
from engine.oci.descriptor import Descriptor
from engine.oci.manifest import Index, Manifest

_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


def write(sink: Sink, stock: Stock, selected: Sequence[Selected]) -> None:
    """Put an OCI layout; each name is an entry of the index, as podman and containerd read it."""
    sink.data("oci-layout", _LAYOUT)
    sink.folder("blobs")
    sink.folder("blobs/sha256")
    written: set[str] = set()
    entries: list[Descriptor] = []
    for image, references in selected:
        parcels = stock.layers(image)
        for parcel in parcels:
            _write_blob(sink, written, parcel)
            stock.release(parcel)
        config = stock.config(image)
        _write_blob(sink, written, Parcel(stock.store.content.path(config.digest), config))
        descriptor = _write_manifest(sink, stock, written, image, [parcel.blob for parcel in parcels])
        names = [{CONTAINERD_NAME: name.canonical, REF_NAME: name.canonical} for name in references]
        entries += [descriptor._replace(annotations=name) for name in names or [{}]]
    sink.data("index.json", Index(media.OCI_INDEX, tuple(entries)).encode())
    sink.finish()


def _write_manifest(
    sink: Sink, stock: Stock, written: set[str], image: Image, layers: Sequence[Blob]
) -> Descriptor:
    kept = stock.manifest(image)
    platform = ImageConfig(image.config).platform
    if kept is not None:
        _write_blob(sink, written, Parcel(stock.store.content.path(kept.digest), kept))
        return Descriptor(kept.media_type, kept.digest, kept.size, platform=platform)
    config = stock.config(image)
    manifest = Manifest(
        media.OCI_MANIFEST,
        Descriptor(media.OCI_CONFIG, config.digest, config.size),
        tuple(Descriptor(layer.media_type, layer.digest, layer.size) for layer in layers),
    )
    data = manifest.encode()
    name = digest.of(data)
    if name not in written:
        written.add(name)
        sink.data(_path(name), data)
    return Descriptor(media.OCI_MANIFEST, name, len(data), platform=platform)


def _write_blob(sink: Sink, written: set[str], parcel: Parcel) -> None:
    if parcel.blob.digest not in written:
        written.add(parcel.blob.digest)
        sink.file(_path(parcel.blob.digest), parcel.path, parcel.blob.digest)


def _path(name: str) -> str:
    return f"blobs/sha256/{digest.encoded(name)}"
