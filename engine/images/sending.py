"""The layers of a push: several are packed and sent at once, and only what the registry lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from engine.errors import Corrupt, EngineError
from engine.images.crew import Crews
from engine.images.intake import Blob
from engine.images.origins import origins
from engine.images.records import LayerRecord, Telling, Transfer
from engine.layers.compression import compression_of, decompressed
from engine.layers.gzipped import Gzipped
from engine.layers.pack import pack
from engine.layers.source import Digest
from engine.oci import media
from engine.oci.descriptor import Descriptor
from engine.oci.reference import Reference
from engine.registry import uploads
from engine.registry.session import Session
from engine.registry.uploads import Begun
from engine.store.store import Store

_HANDS = 4
_CHUNK = 1 << 20


class Lacking(EngineError):
    """The registry has not a layer that it must have, and its bytes are not here."""


class Parcel(NamedTuple):
    """One layer to send."""

    layer: LayerRecord
    blob: Blob | None = None
    """How it is packed, where that is settled or was kept; None if it is made from its directory."""
    settled: bool = False
    """Whether it must be sent as `blob` and in no other form."""

    @property
    def short(self) -> str:
        """Its id on a screen."""
        return self.layer.diff_id[7:19]


class Sending:
    """The layers of one image on their way to a repository."""

    def __init__(
        self, store: Store, session: Session, target: Reference, parcels: Sequence[Parcel], folder: str
    ) -> None:
        self._store = store
        self._session = session
        self._domain = target.domain
        self._repository = target.path
        self._parcels = {parcel.layer.diff_id: parcel for parcel in parcels}
        self._folder = folder
        self._crews = Crews(session.cancellation.set)
        self._sent: dict[str, Blob] = {}

    def run(self, tell: Telling) -> Mapping[str, Blob]:
        """Send what is lacking; return for each diff_id what the repository has.

        Raises Lacking, Denied, Unreachable, NoSpace, Corrupt, Cancelled.
        """

        def hear(told: Transfer | None) -> bool:
            if told is not None:
                tell(told)
            return len(self._sent) == len(self._parcels)

        for parcel in reversed(self._parcels.values()):
            tell(Transfer(parcel.short, "Preparing"))
        self._crews.add(_HANDS, [partial(self._send, one) for one in reversed(self._parcels.values())])
        self._crews.run(hear)
        return self._sent

    def _send(self, parcel: Parcel) -> None:
        blob, how = self._place(parcel)
        self._crews.tell(Transfer(parcel.short, how))
        self._sent[parcel.layer.diff_id] = blob
        self._crews.tell(None)

    def _place(self, parcel: Parcel) -> tuple[Blob, str]:
        """Let the repository have a layer; return it as it is there, and docker's words for how it came."""
        begun: Begun | None = None
        for blob in self._forms(parcel):
            if uploads.exists(self._session, self._repository, blob.digest):
                return blob, "Layer already exists"
            for source in self._sources(parcel, blob)[:1]:
                begun = uploads.mount(self._session, self._repository, blob.digest, source)
                if begun is None:
                    return blob, f"Mounted from {source}"
        blob, path = self._packed(parcel)
        pushing = self._crews.meter(parcel.short, "Pushing", blob.size)
        descriptor = Descriptor(blob.media_type, blob.digest, blob.size)
        uploads.upload(self._session, self._repository, descriptor, path, pushing, begun)
        return blob, "Pushed"

    def _forms(self, parcel: Parcel) -> list[Blob]:
        """Return the forms in which the registry may have the layer already."""
        if parcel.settled and parcel.blob:
            return [parcel.blob]
        remembered = origins(self._store, parcel.layer.diff_id)
        known = [one.blob for one in remembered if self._is_near(one.repository)]
        return list(dict.fromkeys([*([parcel.blob] if parcel.blob else []), *known]))

    def _sources(self, parcel: Parcel, blob: Blob) -> list[str]:
        """Return other repositories of the same registry that have the layer in this form."""
        found = [
            one.repository.removeprefix(f"{self._domain}/")
            for one in origins(self._store, parcel.layer.diff_id)
            if one.blob.digest == blob.digest and self._is_near(one.repository)
        ]
        return [name for name in found if name != self._repository]

    def _is_near(self, repository: str) -> bool:
        return repository.startswith(f"{self._domain}/")

    def _packed(self, parcel: Parcel) -> tuple[Blob, str]:
        """Find the layer's bytes, or make them."""
        content = self._store.content
        if parcel.blob is not None and content.has(parcel.blob.digest):
            path = content.path(parcel.blob.digest)
            with open(path, "rb") as file:
                if parcel.settled or compression_of(file.read(8)) != "plain":
                    return parcel.blob, path
            return self._made(parcel.layer, lambda out: _copy(path, out))
        if parcel.settled:
            raise Lacking(f"layer {parcel.layer.diff_id} is not here as the manifest names it")
        directory = self._store.paths.snapshot(parcel.layer.snapshot)
        return self._made(parcel.layer, lambda out: pack(directory, out, progress=self._check).diff_id)

    def _made(self, layer: LayerRecord, write: Callable[[Gzipped], str]) -> tuple[Blob, str]:
        path = f"{self._folder}/{layer.diff_id[7:]}"
        with open(path, "wb") as file:
            out = Gzipped(file)
            actual = write(out)
            name = out.finish()
        if actual != layer.diff_id:
            raise Corrupt(f"layer {layer.diff_id} is damaged in the store", details=f"its bytes are {actual}")
        return Blob(name, out.size, media.OCI_LAYER_GZIP), path

    def _check(self, _: int) -> None:
        self._session.cancellation.check()


def _copy(path: str, out: Gzipped) -> str:
    with open(path, "rb") as file, Digest() as hashed:
        tar = decompressed(file)
        while data := tar.read(_CHUNK):
            hashed.update(data)
            out.write(data)
        return hashed.finish()
