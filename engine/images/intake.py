"""The one way into the store: layers are staged, verified and unpacked, then listed as an image."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import BinaryIO, NamedTuple

from engine.errors import Conflict, Corrupt
from engine.images import tags
from engine.images.received import Received
from engine.images.records import Report, silent
from engine.layers.apply import Applied, apply
from engine.layers.compression import compression_of, decompressed
from engine.layers.source import Digest
from engine.moments import epoch
from engine.oci import digest, identity, media
from engine.oci.config import ImageConfig
from engine.oci.reference import Reference
from engine.store.ingest import Commit, Ingest
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_CHUNK = 1 << 20
_PARENT = "(SELECT id FROM images WHERE id = ?)"
"""An image that somebody removed meanwhile is nobody's parent."""


class Blob(NamedTuple):
    """One blob that an image keeps, as it was received."""

    digest: str
    size: int
    media_type: str
    """Empty where nobody said it: then the bytes do."""


class Layer(NamedTuple):
    """One layer of a draft: staged in a directory, or (without one) already unpacked in the store."""

    diff_id: str
    size: int
    blob: Blob | None
    """None if its tar is made from the directory when somebody asks for it."""
    directory: str | None


class Draft(NamedTuple):
    """What becomes an image."""

    config: bytes
    layers: Sequence[Layer]
    manifest: tuple[bytes, str] | None = None
    """The manifest's bytes as received, and its media type."""
    config_type: str = media.OCI_CONFIG


Also = Callable[["sqlite3.Connection", str], None]


class Listing(NamedTuple):
    """One image of a commit that lists several."""

    draft: Draft
    references: Sequence[Reference] = ()
    parent: str = ""
    """The id of the image it was built upon; empty for none."""
    step: bool = False
    """True for a step of a build, which stays out of sight for as long as nobody names it."""
    also: Also | None = None
    """Writes more rows about the image, whose id it gets, in the same transaction."""


class Listed(NamedTuple):
    """What a commit listed."""

    id: str
    replaced: Sequence[str]
    """For each reference the id of the image that had it before, empty if none."""


class Intake:
    """The staging of images that are listed together; use it inside the ingest's `with` block."""

    def __init__(self, store: Store, ingest: Ingest, report: Report = silent) -> None:
        self.store = store
        self.ingest = ingest
        self.report = report
        self._numbers = count(1)

    def layer(
        self,
        stream: BinaryIO,
        *,
        diff_id: str | None = None,
        blob: Blob | None = None,
        unpack: bool = True,
        phase: str = "Loading layer",
        total: int = 0,
    ) -> Layer:
        """Read a layer once: keep its bytes, unpack it, and check both digests where they are known
        beforehand.

        Without `unpack` its directory must be in the store already. Raises Corrupt if a digest is wrong,
        HostileArchive for what must not be unpacked.
        """
        directory = self._directory() if unpack else None
        known = blob.digest if blob else None
        received = Received(stream, self.report, phase, total)
        compression = compression_of(received.peek())
        media_type = media.LAYER_OF_COMPRESSION.get(compression)
        if media_type is None and known is None:
            # No media type exists for a layer in xz or bzip2: what is kept is the tar inside.
            received = Received(decompressed(received), self.report, phase, 0)
            media_type = media.OCI_LAYER
        with self.ingest.blob(known) as writer:
            received.keep(writer)
            applied = self._apply(decompressed(received), directory)
            received.drain()
            if diff_id is not None:
                _check(diff_id, applied.diff_id)
            if blob and writer.size != blob.size:
                raise Corrupt(f"blob {blob.digest} is {writer.size} bytes long, not {blob.size}")
            name, size = writer.finish()
        said = blob.media_type if blob else ""
        kept = Blob(name, size, said or media_type or media.OCI_LAYER)
        return Layer(applied.diff_id, applied.size, kept, directory)

    def arriving(self, stream: BinaryIO, *, diff_id: str, blob: Blob) -> Layer:
        """Unpack a layer whose bytes somebody else keeps, and stages under their digest with `adopt`.

        Raises Corrupt if it is not what `diff_id` says, HostileArchive for what must not be unpacked.
        """
        directory = self._directory()
        applied = self._apply(decompressed(stream), directory)
        while stream.read(_CHUNK):
            continue  # what stands behind a compressed stream
        _check(diff_id, applied.diff_id)
        return Layer(diff_id, applied.size, blob, directory)

    def name(self, id: str, references: Sequence[Reference]) -> Listed:
        """Make an image that is listed a result, under these names.

        Raises Conflict if it was removed meanwhile.
        """
        if not references and self.store.query("SELECT 1 FROM images WHERE id = ? AND NOT step", (id,)):
            return Listed(id, [])  # nothing to write
        with self.store.transaction() as connection:
            if not connection.execute("SELECT 1 FROM images WHERE id = ?", (id,)).fetchone():
                raise Conflict(f"image {id} was removed meanwhile", resolution="try again")
            connection.execute("UPDATE images SET step = 0 WHERE id = ? AND step", (id,))
            return Listed(id, [tags.assign(connection, reference, id) for reference in references])

    def note(self, id: str, manifest: tuple[bytes, str], also: Also) -> None:
        """Write more about an image that is listed, and keep a manifest of it if it has none.

        Raises Conflict if it was removed meanwhile.
        """
        data, media_type = manifest
        name = self.blob(data)
        with self.ingest.commit() as commit:
            connection = commit.connection
            if not connection.execute("SELECT 1 FROM images WHERE id = ?", (id,)).fetchone():
                raise Conflict(f"image {id} was removed meanwhile", resolution="try again")
            if not connection.execute(
                "SELECT 1 FROM image_blobs WHERE image = ? AND kind = 'manifest'", (id,)
            ).fetchone():
                self._list_blob(commit, id, "manifest", 0, Blob(name, len(data), media_type))
                connection.execute("UPDATE images SET manifest = ? WHERE id = ?", (name, id))
            also(connection, id)

    def commit(
        self, draft: Draft, references: Sequence[Reference] = (), *, parent: str = "", step: bool = False
    ) -> Listed:
        """List one image under these names; raises Conflict if what it shares was removed meanwhile."""
        return self.commit_all([Listing(draft, references, parent, step)])[0]

    def commit_all(self, listings: Sequence[Listing]) -> list[Listed]:
        """List images in their order, all or none, so that each may stand on those before it.

        A layer that several of them have is staged once. Raises Conflict if what they share with others was
        removed meanwhile, NoSpace.
        """
        staged = []
        for listing in listings:
            draft = listing.draft
            view = ImageConfig.parse(draft.config)
            id = self.blob(draft.config)
            manifest = self.blob(draft.manifest[0]) if draft.manifest else None
            staged.append((listing, id, manifest, epoch(view.created)))
        with self.ingest.commit() as commit:
            return [self._list(commit, *image) for image in staged]

    def blob(self, data: bytes) -> str:
        """Stage a small blob; return its digest."""
        with self.ingest.blob() as writer:
            writer.write(data)
            return writer.finish()[0]

    def _directory(self) -> str:
        return self.ingest.directory(f"layer-{next(self._numbers)}")

    def _apply(self, tar: BinaryIO, directory: str | None) -> Applied:
        if directory is None:
            with Digest() as hashed:
                while data := tar.read(_CHUNK):
                    hashed.update(data)
                return Applied(hashed.finish(), 0, 0)
        # Only root of the first user namespace may change owners and set trusted attributes.
        root = os.geteuid() == 0
        return apply(tar, directory, owners=root, whiteouts="trusted" if root and _is_first() else "user")

    def _list(
        self, commit: Commit, listing: Listing, id: str, manifest: str | None, created: float
    ) -> Listed:
        connection, draft = commit.connection, listing.draft
        top, size = self._list_layers(commit, draft.layers)
        if connection.execute("SELECT 1 FROM images WHERE id = ?", (id,)).fetchone():
            # What was a step may now be a result, and what came without its parent may now have one.
            connection.execute(
                f"UPDATE images SET step = min(step, ?), parent = ifnull(parent, {_PARENT}) WHERE id = ?",
                (listing.step, listing.parent, id),
            )
        else:
            text = draft.config.decode("utf-8")
            connection.execute(
                "INSERT INTO images (id, manifest, created, size, top, config, parent, step)"
                f" VALUES (?, ?, ?, ?, ?, ?, {_PARENT}, ?)",
                (id, manifest, created, size, top, text, listing.parent, listing.step),
            )
            self._list_blobs(commit, id, draft)
        replaced = [tags.assign(connection, reference, id) for reference in listing.references]
        if listing.also is not None:
            listing.also(connection, id)
        return Listed(id, replaced)

    def _list_layers(self, commit: Commit, layers: Sequence[Layer]) -> tuple[str | None, int]:
        """List the layers that are new; return the top's chain id and the sum of all sizes."""
        connection = commit.connection
        parent, total = None, 0
        for layer, chain_id in zip(
            layers, identity.chain_ids(layer.diff_id for layer in layers), strict=True
        ):
            row = connection.execute("SELECT size FROM layers WHERE chain_id = ?", (chain_id,)).fetchone()
            if row is None:
                if layer.directory is None:
                    raise Conflict(f"layer {chain_id} was removed meanwhile", resolution="try again")
                number = commit.snapshot(layer.directory)
                connection.execute(
                    "INSERT INTO layers (chain_id, diff_id, parent, snapshot, size, created)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (chain_id, layer.diff_id, parent, number, layer.size, time.time()),
                )
            total += layer.size if row is None else row["size"]
            parent = chain_id
        return parent, total

    def _list_blobs(self, commit: Commit, id: str, draft: Draft) -> None:
        kept = [("config", 0, Blob(id, len(draft.config), draft.config_type))]
        kept += [("layer", position, layer.blob) for position, layer in enumerate(draft.layers) if layer.blob]
        if draft.manifest:
            data, media_type = draft.manifest
            kept.append(("manifest", 0, Blob(digest.of(data), len(data), media_type)))
        for kind, position, blob in kept:
            self._list_blob(commit, id, kind, position, blob)

    def _list_blob(self, commit: Commit, id: str, kind: str, position: int, blob: Blob) -> None:
        commit.blob(blob.digest)
        commit.connection.execute(
            "INSERT INTO image_blobs (image, position, digest, media_type, size, kind)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (id, position, blob.digest, blob.media_type, blob.size, kind),
        )


def _check(diff_id: str, actual: str) -> None:
    if actual != diff_id:
        raise Corrupt(
            f"layer {diff_id} does not match its digest", details=f"unpacked, its bytes are {actual}"
        )


def _is_first() -> bool:
    """Tell whether this is the first user namespace, whose map is the whole range onto itself."""
    with open("/proc/self/uid_map") as map:
        return map.read().split() == ["0", "0", "4294967295"]
