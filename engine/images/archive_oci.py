"""OCI image layouts: index.json over blobs by digest (image-spec image-layout.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.errors import Corrupt, InvalidReference, NotFound, Unsupported
from engine.images.archive import Archive
from engine.images.intake import Blob
from engine.images.packed import Packed, PackedLayer
from engine.oci import digest, manifest, media
from engine.oci.descriptor import Descriptor
from engine.oci.document import MAX_BYTES
from engine.oci.manifest import Index, Manifest
from engine.oci.platform import Platform
from engine.oci.reference import Reference

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
_DEPTH = 8


def images(archive: Archive) -> Iterator[Packed]:
    """Yield the images for this machine, each once with all its names; raises Corrupt, NotFound."""
    index = manifest.parse(archive.read("index.json", MAX_BYTES), "", "index.json")
    if not isinstance(index, Index):
        raise Corrupt("index.json is not an index")
    found: dict[str, tuple[Descriptor, list[Reference]]] = {}
    for entry in _entries(index.manifests):
        descriptor = _manifest(archive, entry)
        _, names = found.setdefault(descriptor.digest, (descriptor, []))
        name = reference(entry) or reference(descriptor)
        if name and name not in names:
            names.append(name)
    for descriptor, names in found.values():
        yield _packed(archive, descriptor, tuple(names))


def reference(descriptor: Descriptor) -> Reference | None:
    """Read the name of an entry: a whole reference or one word, or what containerd's annotation says.

    A word is the tag of the name that containerd's annotation gives, where it fits; else it becomes the
    repository, as podman takes it. What is no reference names nothing.
    """
    word = descriptor.annotations.get(REF_NAME)
    whole = descriptor.annotations.get(CONTAINERD_NAME)
    # Tools that know only the standard annotation leave the other behind when they rename an image.
    fits = whole is not None and (not word or whole == word or whole.endswith(f":{word}"))
    text = whole if fits else word
    if not text:
        return None
    try:
        return Reference.parse(text).tagged._replace(digest=None)
    except InvalidReference:
        return None


def _entries(entries: Sequence[Descriptor]) -> list[Descriptor]:
    """Of the entries with one name that are for several platforms, keep the one for this machine."""
    groups: dict[str | None, list[Descriptor]] = {}
    for entry in entries:
        name = reference(entry)
        groups.setdefault(name.canonical if name else None, []).append(entry)
    chosen: list[Descriptor] = []
    for group in groups.values():
        platforms = [entry for entry in group if entry.platform]
        chosen += [entry for entry in group if not entry.platform]
        if len(platforms) == 1:
            chosen += platforms
        elif platforms:
            chosen.append(manifest.choose(platforms, Platform.host()))
    return sorted(chosen, key=entries.index)


def _manifest(archive: Archive, descriptor: Descriptor) -> Descriptor:
    """Descend through nested indexes to the manifest for this machine."""
    for _ in range(_DEPTH):
        parsed = manifest.parse(_blob(archive, descriptor), descriptor.media_type, descriptor.digest)
        if isinstance(parsed, Manifest):
            return descriptor._replace(media_type=parsed.media_type)
        if not parsed.manifests:
            raise NotFound(f"the index {descriptor.digest} is empty")
        chosen = manifest.choose(parsed.manifests, Platform.host())
        descriptor = chosen._replace(annotations={**descriptor.annotations, **chosen.annotations})
    raise Corrupt("the archive's indexes have no end")


def _packed(archive: Archive, descriptor: Descriptor, references: tuple[Reference, ...]) -> Packed:
    data = _blob(archive, descriptor)
    parsed = manifest.parse(data, descriptor.media_type, descriptor.digest)
    assert isinstance(parsed, Manifest)
    if parsed.config.media_type and parsed.config.media_type not in media.CONFIGS:
        raise Unsupported(f"{descriptor.digest} is not an image: its config is {parsed.config.media_type}")
    layers = tuple(
        PackedLayer(_path(layer.digest), Blob(layer.digest, layer.size, layer.media_type))
        for layer in parsed.layers
    )
    for layer in parsed.layers:
        if media.is_foreign(layer.media_type) and not archive.has(_path(layer.digest)):
            raise Unsupported(f"layer {layer.digest} is kept elsewhere and is not in the archive")
    config = _blob(archive, parsed.config)
    return Packed(
        config, layers, references, (data, parsed.media_type), parsed.config.media_type or media.OCI_CONFIG
    )


def _blob(archive: Archive, descriptor: Descriptor) -> bytes:
    if descriptor.size > MAX_BYTES:
        raise Corrupt(f"{descriptor.digest} is larger than {MAX_BYTES >> 20} MiB")
    data = archive.read(_path(descriptor.digest), MAX_BYTES)
    if len(data) != descriptor.size:
        raise Corrupt(f"blob {descriptor.digest} is {len(data)} bytes long, not {descriptor.size}")
    return digest.verify(data, descriptor.digest)


def _path(name: str) -> str:
    return f"blobs/sha256/{digest.encoded(digest.parse(name))}"
