"""Pulling: an image comes from a registry into the store, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.errors import Conflict, Corrupt, Denied, InvalidInput, NoSpace, NotFound, Unsupported
from engine.events import EventLog
from engine.images import tags
from engine.images.fetching import Fetching, Missing
from engine.images.intake import Blob, Draft, Intake, Layer, Listing
from engine.images.journal import tell as journal
from engine.images.records import Pulled, Telling, Transfer
from engine.oci import digest, identity, manifest, media
from engine.oci.config import ImageConfig
from engine.oci.descriptor import Descriptor
from engine.oci.document import MAX_BYTES
from engine.oci.manifest import Manifest
from engine.oci.platform import Platform
from engine.oci.reference import Reference
from engine.registry import manifests
from engine.registry.answers import bounded
from engine.registry.blobs import Stale
from engine.registry.manifests import Fetched
from engine.registry.partial import sweep
from engine.registry.session import Session
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_ATTEMPTS = 3
_DEPTH = 8


class Remote(NamedTuple):
    """An image as a registry has it."""

    top: str
    """The digest of what the name leads to: the manifest itself, or an index."""
    manifest: Fetched
    parsed: Manifest
    config: bytes
    view: ImageConfig


def pull(
    store: Store,
    events: EventLog,
    connect: Callable[[], Session],
    reference: Reference,
    platform: Platform | None,
    tell: Telling,
) -> Pulled:
    """Pull one image under one name.

    Raises NotFound, Denied, Unreachable, Corrupt, HostileArchive, Unsupported, NoSpace, Cancelled.
    """
    wanted = reference.resolved
    for attempt in range(_ATTEMPTS):
        try:
            with connect() as session:
                remote = _remote(session, wanted, platform)
                tell(Transfer(wanted.digest or wanted.tag or "", f"Pulling from {wanted.path}"))
                pulled = _list(store, session, wanted, remote, tell)
            break
        except (Conflict, Stale):
            # Another process has just removed what was to be shared, or what an earlier pull had left was
            # of no use: the next attempt brings it in anew.
            if attempt + 1 == _ATTEMPTS:
                raise
    tell(Transfer("", f"Digest: {pulled.digest}"))
    what = "Downloaded newer image" if pulled.newer else "Image is up to date"
    tell(Transfer("", f"Status: {what} for {wanted.familiar}"))
    journal(events, "pull", wanted.familiar, wanted.familiar, remote.view.labels)
    return pulled


def _list(store: Store, session: Session, wanted: Reference, remote: Remote, tell: Telling) -> Pulled:
    id = digest.of(remote.config)
    named = wanted._replace(tag=None, digest=remote.top)
    updated = []

    def also(connection: sqlite3.Connection, id: str) -> None:
        if wanted.tag is not None:
            updated.append(not tags.leads(connection, wanted, id))
            tags.assign(connection, wanted, id)
        updated.append(tags.recall(connection, named, id))

    with store.ingest() as ingest:
        intake = Intake(store, ingest)
        if store.query("SELECT 1 FROM images WHERE id = ?", (id,)):
            intake.note(id, also)
        else:
            sweep(store.paths.partials)
            missing, layers = _sorted(store, remote, tell)
            fetching = Fetching(session, wanted.path, intake, missing, store.paths.partials)
            try:
                layers |= fetching.run(tell)
            except NoSpace:
                fetching.forget()
                raise
            config = remote.parsed.config.media_type or media.OCI_CONFIG
            draft = Draft(
                remote.config,
                [layers[position] for position in sorted(layers)],
                (remote.manifest.data, remote.parsed.media_type),
                config,
            )
            intake.commit_all([Listing(draft, also=also)])
            fetching.forget()
    return Pulled(wanted.familiar, id, remote.top, any(updated))


def _sorted(store: Store, remote: Remote, tell: Telling) -> tuple[list[Missing], dict[int, Layer]]:
    """Part the layers into those that are to be fetched and those that are here."""
    missing: list[Missing] = []
    here: dict[int, Layer] = {}
    diff_ids = remote.view.diff_ids
    for position, (diff_id, chain_id, layer) in enumerate(
        zip(diff_ids, identity.chain_ids(diff_ids), remote.parsed.layers, strict=True)
    ):
        if store.query("SELECT 1 FROM layers WHERE chain_id = ?", (chain_id,)):
            kept = store.query("SELECT 1 FROM blobs WHERE digest = ?", (layer.digest,))
            blob = Blob(layer.digest, layer.size, layer.media_type) if kept else None
            here[position] = Layer(diff_id, 0, blob, None)
            tell(Transfer(layer.digest[7:19], "Already exists"))
        else:
            missing.append(Missing(position, diff_id, layer))
    for one in missing:
        tell(Transfer(one.short, "Pulling fs layer"))
    return missing, here


def _remote(session: Session, wanted: Reference, platform: Platform | None) -> Remote:
    try:
        found = manifests.fetch(session, wanted.path, wanted.digest or wanted.tag or "")
    except NotFound as error:
        raise NotFound(f"manifest for {wanted.familiar} not found", details=error.brief) from error
    except Denied as error:
        raise Denied(
            f"pull access denied for {wanted.familiar_name}, repository does not exist or may require"
            " 'stackyard login'",
            details=error.brief,
        ) from error
    top = found.digest
    for _ in range(_DEPTH):
        if isinstance(found.parsed, Manifest):
            break
        chosen = manifest.choose(found.parsed.manifests, platform or Platform.host())
        found = manifests.fetch(session, wanted.path, chosen.digest)
    else:
        raise Corrupt(f"the indexes of {wanted.familiar} have no end")
    parsed = found.parsed
    assert isinstance(parsed, Manifest)
    _admit(parsed, wanted)
    config = _config(session, wanted.path, parsed.config)
    view = ImageConfig.parse(config)
    if len(view.diff_ids) != len(parsed.layers):
        raise Corrupt(
            "invalid manifest, layers length mismatch:"
            f" expected {len(view.diff_ids)}, got {len(parsed.layers)}"
        )
    return Remote(top, found, parsed, config, view)


def _admit(parsed: Manifest, wanted: Reference) -> None:
    kind = parsed.config.media_type
    if kind and kind not in media.CONFIGS:
        raise Unsupported(f"{wanted.familiar} is not an image: its config is {kind}")
    for layer in parsed.layers:
        if media.is_foreign(layer.media_type):
            raise Unsupported(f"{wanted.familiar} has a foreign layer, kept elsewhere: {layer.digest}")


def _config(session: Session, repository: str, descriptor: Descriptor) -> bytes:
    if descriptor.size > MAX_BYTES:
        raise Corrupt(f"the image config is larger than {MAX_BYTES >> 20} MiB")
    with session.open("GET", f"/v2/{repository}/blobs/{descriptor.digest}") as response:
        data = bounded(response, descriptor.size)
    return digest.verify(data, descriptor.digest, "image config")


def parse(name: str) -> Reference:
    """Read what shall be pulled; raises InvalidReference."""
    if name.startswith("sha256:"):
        raise InvalidInput("invalid reference format")
    return Reference.parse(name)
