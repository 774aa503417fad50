"""Pushing: an image goes to a registry; what came from one goes with the manifest it came with."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import Denied, InvalidInput, NotFound
from engine.events import EventLog
from engine.images import origins, tags
from engine.images.carried import layer_blobs
from engine.images.intake import Blob
from engine.images.journal import tell as journal
from engine.images.listing import read
from engine.images.records import Image, Pushed, Telling, Transfer
from engine.images.sending import Lacking, Parcel, Sending
from engine.oci import manifest, media
from engine.oci.descriptor import Descriptor
from engine.oci.manifest import Manifest
from engine.oci.reference import Reference
from engine.registry import uploads
from engine.registry.connection import PUSH, connect
from engine.registry.session import Session
from engine.store.store import Store

_MOST_SOURCES = 4


class Push:
    """A push out of one store, to the repository that a reference names."""

    def __init__(self, store: Store, events: EventLog, reference: Reference, tell: Telling) -> None:
        if reference.digest is not None:
            raise InvalidInput("cannot push a digest reference")
        self._store = store
        self._events = events
        self._reference = reference
        self._tell = tell

    def one(self) -> Pushed:
        """Push the image that has this tag."""
        self._begin()
        wanted = self._reference.tagged
        found = self._store.query("SELECT image FROM tags WHERE reference = ?", (wanted.canonical,))
        if not found:
            raise self._missing()
        return self._push(wanted, found[0]["image"])

    def all(self) -> list[Pushed]:
        """Push every image that has a tag in this repository."""
        self._begin()
        low = f"{self._reference.name}:"
        rows = self._store.query(
            "SELECT reference, image FROM tags WHERE substr(reference, 1, ?) = ? ORDER BY reference",
            (len(low), low),
        )
        if not rows:
            raise self._missing()
        return [self._push(Reference.split(row["reference"]), row["image"]) for row in rows]

    def _begin(self) -> None:
        self._tell(Transfer("", f"The push refers to repository [{self._reference.name}]"))

    def _missing(self) -> NotFound:
        return NotFound(f"An image does not exist locally with the tag: {self._reference.familiar_name}")

    def _push(self, wanted: Reference, id: str) -> Pushed:
        image = read(self._store, id)
        try:
            pushed = self._deliver(wanted, image)
        except Denied as error:
            error.resolution = error.resolution or f"log in with `stackyard login {wanted.domain}`"
            raise
        self._tell(Transfer("", f"{wanted.tag}: digest: {pushed.digest} size: {pushed.size}"))
        journal(self._events, "push", wanted.familiar, wanted.familiar, image.labels)
        return pushed

    def _deliver(self, wanted: Reference, image: Image) -> Pushed:
        sources = self._sources(wanted, image)
        kept = self._kept(image)
        if kept is not None:
            try:
                with connect(wanted, PUSH, sources=sources) as session:
                    return self._deliver_as(session, wanted, image, kept)
            except Lacking:
                pass  # a layer was here already when the image was pulled: it is packed anew
        with connect(wanted, PUSH, sources=sources) as session:
            return self._deliver_as(session, wanted, image, None)

    def _deliver_as(
        self, session: Session, wanted: Reference, image: Image, kept: tuple[bytes, Manifest] | None
    ) -> Pushed:
        """Send all that a manifest names, and the manifest: the one that was kept, or one that is made."""
        parcels = _settled(image, kept[1]) if kept else self._open(image)
        with self._store.ingest() as ingest:
            sending = Sending(self._store, session, wanted, parcels, ingest.path)
            sent = sending.run(self._tell)
        config = self._config(image)
        if not uploads.exists(session, wanted.path, config.digest):
            path = self._store.content.path(config.digest)
            descriptor = Descriptor(config.media_type, config.digest, config.size)
            uploads.upload(session, wanted.path, descriptor, path, lambda _: None)
        layers = [sent[layer.diff_id] for layer in image.chain]
        data, kind = (kept[0], kept[1].media_type) if kept else _encoded(config, layers)
        name = uploads.put_manifest(session, wanted.path, wanted.tag or "", data, kind)
        with self._store.transaction() as connection:
            if connection.execute("SELECT 1 FROM images WHERE id = ?", (image.id,)).fetchone():
                tags.recall(connection, wanted._replace(tag=None, digest=name), image.id)
            for layer, blob in zip(image.chain, layers, strict=True):
                origins.note(connection, layer.diff_id, blob, wanted.name)
            origins.sweep(connection)
        return Pushed(wanted.familiar, name, len(data))

    def _kept(self, image: Image) -> tuple[bytes, Manifest] | None:
        """Return the manifest that the image came with."""
        rows = self._store.query(
            "SELECT digest, media_type FROM image_blobs WHERE image = ? AND kind = 'manifest'", (image.id,)
        )
        if not rows:
            return None
        data = self._store.content.read(rows[0]["digest"])
        parsed = manifest.parse(data, rows[0]["media_type"])
        return (data, parsed) if isinstance(parsed, Manifest) else None

    def _open(self, image: Image) -> list[Parcel]:
        blobs = layer_blobs(self._store, image.id)
        return [Parcel(layer, blobs.get(position)) for position, layer in enumerate(image.chain)]

    def _config(self, image: Image) -> Blob:
        row = self._store.query(
            "SELECT digest, size, media_type FROM image_blobs WHERE image = ? AND kind = 'config'",
            (image.id,),
        )[0]
        return Blob(row["digest"], row["size"], row["media_type"])

    def _sources(self, wanted: Reference, image: Image) -> list[str]:
        """Return the repositories from which the registry may be asked to take layers over."""
        near = f"{wanted.domain}/"
        names = [
            one.repository.removeprefix(near)
            for layer in image.chain
            for one in origins.origins(self._store, layer.diff_id)
            if one.repository.startswith(near) and one.repository != wanted.name
        ]
        return list(dict.fromkeys(names))[:_MOST_SOURCES]


def _settled(image: Image, kept: Manifest) -> list[Parcel]:
    return [
        Parcel(layer, Blob(named.digest, named.size, named.media_type), settled=True)
        for layer, named in zip(image.chain, kept.layers, strict=True)
    ]


def _encoded(config: Blob, layers: Sequence[Blob]) -> tuple[bytes, str]:
    made = Manifest(
        media.OCI_MANIFEST,
        Descriptor(media.OCI_CONFIG, config.digest, config.size),
        tuple(Descriptor(media.oci_layer(blob.media_type), blob.digest, blob.size) for blob in layers),
    )
    return made.encode(), made.media_type
