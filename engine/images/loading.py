"""Loading saved images: docker's archives and OCI layouts, from a stream or a directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from engine.errors import Conflict, Corrupt, from_os
from engine.events import EventLog
from engine.images import archive_docker, archive_legacy, archive_oci
from engine.images.archive import Archive, DirectoryArchive, TarArchive, neither
from engine.images.intake import Blob, Draft, Intake, Layer, Listed
from engine.images.journal import tell
from engine.images.packed import Packed
from engine.images.records import Loaded, Progress, Report
from engine.layers.compression import compression_of, decompressed
from engine.oci import digest, identity, media
from engine.oci.config import ImageConfig
from engine.store.store import Store

_CHUNK = 1 << 20
_HEAD = 1024
_ATTEMPTS = 3


def load(
    store: Store, events: EventLog, source: BinaryIO | str, report: Report, *, named: bool = True
) -> Iterator[Loaded]:
    """Load every image of an archive, one after the other; each is listed whole before it is yielded.

    `source` is a stream (plain or compressed, seekable or not) or the path of an OCI layout's directory.
    Unless they shall be `named`, the names in the archive are passed over. Raises Corrupt when anything is
    not what its digest says; images that were yielded before stay.
    """
    if isinstance(source, str):
        yield from _load_all(store, events, DirectoryArchive(source), report, named)
        return
    with store.ingest() as spool, _seekable(source, spool.path, report) as file:
        yield from _load_all(store, events, TarArchive(file), report, named)


def packed_images(archive: Archive) -> Iterator[Packed]:
    """Find the images of an archive; docker's own list wins, since it names all tags."""
    if archive.has("manifest.json"):
        return archive_docker.images(archive)
    if archive.has("index.json"):
        return archive_oci.images(archive)
    if archive.has("repositories"):
        return archive_legacy.images(archive)
    raise neither("it has no manifest.json, index.json or repositories")


def _load_all(
    store: Store, events: EventLog, archive: Archive, report: Report, named: bool
) -> Iterator[Loaded]:
    for packed in packed_images(archive):
        wanted = packed if named else packed._replace(references=())
        yield from _load(store, events, archive, wanted, report)


def _load(
    store: Store, events: EventLog, archive: Archive, packed: Packed, report: Report
) -> Iterator[Loaded]:
    view = ImageConfig.parse(packed.config)
    if len(packed.layers) != len(view.diff_ids):
        raise Corrupt(
            "invalid manifest, layers length mismatch:"
            f" expected {len(view.diff_ids)}, got {len(packed.layers)}"
        )
    listed = _list(store, archive, packed, view, report)
    tell(events, "load", listed.id, listed.id, view.labels)
    if not packed.references:
        yield Loaded(None, listed.id)
    for reference, replaced in zip(packed.references, listed.replaced, strict=True):
        yield Loaded(reference.familiar, listed.id, replaced)


def _list(store: Store, archive: Archive, packed: Packed, view: ImageConfig, report: Report) -> Listed:
    for attempt in range(_ATTEMPTS):
        with store.ingest() as ingest:
            intake = Intake(store, ingest, report)
            try:
                id = digest.of(packed.config)
                if store.query("SELECT 1 FROM images WHERE id = ?", (id,)):
                    return intake.name(id, packed.references)
                layers = _layers(store, intake, archive, packed, view)
                draft = Draft(packed.config, layers, packed.manifest, packed.config_type)
                return intake.commit(draft, packed.references)
            except Conflict:
                # Another process has just removed what was to be shared: the next attempt brings it in anew.
                if attempt + 1 == _ATTEMPTS:
                    raise
    raise AssertionError("unreachable")


def _layers(store: Store, intake: Intake, archive: Archive, packed: Packed, view: ImageConfig) -> list[Layer]:
    """Stage what the store lacks of each layer: its blob, its unpacked directory, or both."""
    layers: list[Layer] = []
    for diff_id, chain_id, file in zip(
        view.diff_ids, identity.chain_ids(view.diff_ids), packed.layers, strict=True
    ):
        unpacked = bool(store.query("SELECT 1 FROM layers WHERE chain_id = ?", (chain_id,)))
        kept = _kept(store, diff_id, file.blob)
        if unpacked and kept:
            layers.append(Layer(diff_id, 0, kept, None))
            continue
        with archive.open(file.name) as stream:
            layers.append(
                intake.layer(
                    stream,
                    diff_id=diff_id,
                    blob=file.blob,
                    unpack=not unpacked,
                    phase=diff_id[7:19],
                    total=archive.size(file.name),
                )
            )
    return layers


def _kept(store: Store, diff_id: str, blob: Blob | None) -> Blob | None:
    """Find the layer's blob in the store: the one the manifest names, or else the plain tar."""
    name = blob.digest if blob else diff_id
    rows = store.query("SELECT size FROM blobs WHERE digest = ?", (name,))
    if not rows or (blob and not blob.media_type and name != diff_id):
        return None
    said = blob.media_type if blob else ""
    return Blob(name, rows[0]["size"], said or media.OCI_LAYER)


@contextmanager
def _seekable(stream: BinaryIO, folder: str, report: Report) -> Iterator[BinaryIO]:
    """Give the archive as a plain file: the stream itself if it is one, else a copy in `folder`."""
    if stream.seekable():
        start = stream.tell()
        head = stream.read(_HEAD)
        stream.seek(start)
        if start == 0 and compression_of(head) == "plain":
            yield stream
            return
    with open(f"{folder}/archive", "x+b") as copy:
        _copy(decompressed(stream), copy, report)
        yield copy


def _copy(source: BinaryIO, copy: BinaryIO, report: Report) -> None:
    count = 0
    try:
        while data := source.read(_CHUNK):
            copy.write(data)
            count += len(data)
            report(Progress("Receiving", count, 0))
        copy.flush()
    except OSError as error:
        raise from_os(error, "cannot keep the archive") from error
