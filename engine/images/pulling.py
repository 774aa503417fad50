"""Pulling: an image comes from a registry into the store, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

from engine.errors import Cancelled, Conflict, Corrupt, Denied, EngineError, NoSpace, NotFound, Unsupported
from engine.events import EventLog
from engine.images import origins, tags
from engine.images.crew import attended
from engine.images.fetching import Fetching, Missing
from engine.images.intake import Blob, Draft, Intake, Layer, Listing
from engine.images.journal import tell as journal
from engine.images.records import Check, Pulled, Telling, Transfer
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
from engine.registry.cancellation import Cancellation
from engine.registry.connection import connect, mirrors
from engine.registry.manifests import Fetched
from engine.registry.partial import sweep
from engine.registry.session import Session
from engine.registry.tags import tags as tags_of
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_ATTEMPTS = 3
_DEPTH = 8


class Remote(NamedTuple):
    """An image as a registry has it."""

    session: Session
    repository: str
    """Its name at this registry, which may be a mirror."""
    top: str
    """The digest of what the name leads to: the manifest itself, or an index."""
    manifest: Fetched
    parsed: Manifest
    config: bytes
    view: ImageConfig


class Pull:
    """A pull into one store."""

    def __init__(
        self, store: Store, events: EventLog, platform: Platform | None, tell: Telling, check: Check
    ) -> None:
        self._check = check
        self._store = store
        self._events = events
        self._platform = platform or Platform.host()
        self._tell = tell

    def one(self, reference: Reference) -> Pulled:
        """Pull one image under one name.

        Raises NotFound, Denied, Unreachable, Corrupt, HostileArchive, Unsupported, NoSpace, Cancelled.
        """
        pulled = self._pull(reference.resolved)
        self._conclude(reference.resolved.familiar, pulled.newer)
        return pulled

    def all(self, reference: Reference) -> list[Pulled]:
        """Pull every tag of a repository."""
        token = Cancellation()
        with connect(reference, cancellation=token) as session:
            try:
                found = attended(lambda: tags_of(session, reference.path), token.set, self._check)
            except NotFound as error:
                raise NotFound(f"repository {reference.name} not found", details=error.brief) from None
            except Denied as error:
                raise _denied(reference, error) from error
        pulled = [self._pull(reference._replace(tag=tag)) for tag in found]
        self._conclude(reference.familiar_name, any(one.newer for one in pulled))
        return pulled

    def _conclude(self, name: str, newer: bool) -> None:
        what = "Downloaded newer image" if newer else "Image is up to date"
        self._tell(Transfer("", f"Status: {what} for {name}"))

    def _pull(self, wanted: Reference) -> Pulled:
        for attempt in range(_ATTEMPTS):
            try:
                token = Cancellation()
                with ExitStack() as sessions:
                    find = partial(self._find, wanted, token, sessions.enter_context)
                    remote = attended(find, token.set, self._check)
                    title = wanted.familiar if wanted.digest else wanted.tag or ""
                    self._tell(Transfer(title, f"Pulling from {wanted.path}"))
                    pulled = self._list(wanted, remote)
                break
            except (Conflict, Stale):
                # Another process has just removed what was to be shared, or what an earlier pull had left
                # was of no use: the next attempt brings it in anew.
                if attempt + 1 == _ATTEMPTS:
                    raise
        self._tell(Transfer("", f"Digest: {pulled.digest}"))
        journal(self._events, "pull", wanted.familiar, wanted.familiar, remote.view.labels)
        return pulled

    def _find(
        self, wanted: Reference, token: Cancellation, opened: Callable[[Session], Session]
    ) -> Remote:
        """Find the image at a mirror that has it, or at its registry."""
        for session, path in mirrors(wanted, token):
            try:
                return self._remote(opened(session), path, wanted)
            except Cancelled:
                raise
            except EngineError:
                continue  # a mirror is only a help: the registry itself has the word
        session = opened(connect(wanted, cancellation=token))
        try:
            return self._remote(session, wanted.path, wanted)
        except Denied as error:
            raise _denied(wanted, error) from error

    def _remote(self, session: Session, repository: str, wanted: Reference) -> Remote:
        try:
            found = manifests.fetch(session, repository, wanted.digest or wanted.tag or "")
        except NotFound as error:
            raise NotFound(f"manifest for {wanted.familiar} not found", details=error.brief) from error
        top = found.digest
        for _ in range(_DEPTH):
            if isinstance(found.parsed, Manifest):
                break
            chosen = manifest.choose(found.parsed.manifests, self._platform)
            found = manifests.fetch(session, repository, chosen.digest)
        parsed = found.parsed
        if not isinstance(parsed, Manifest):
            raise Corrupt(f"the indexes of {wanted.familiar} have no end")
        _admit(parsed, wanted)
        config = _config(session, repository, parsed.config)
        view = ImageConfig.parse(config)
        if len(view.diff_ids) != len(parsed.layers):
            raise Corrupt(
                "invalid manifest, layers length mismatch:"
                f" expected {len(view.diff_ids)}, got {len(parsed.layers)}"
            )
        return Remote(session, repository, top, found, parsed, config, view)

    def _list(self, wanted: Reference, remote: Remote) -> Pulled:
        id = digest.of(remote.config)
        updated = []

        def also(connection: sqlite3.Connection, id: str) -> None:
            if wanted.tag is not None:
                updated.append(not tags.leads(connection, wanted, id))
                tags.assign(connection, wanted, id)
            named = wanted._replace(tag=None, digest=remote.top)
            updated.append(tags.recall(connection, named, id))
            for diff_id, layer in zip(remote.view.diff_ids, remote.parsed.layers, strict=True):
                blob = Blob(layer.digest, layer.size, layer.media_type)
                origins.note(connection, diff_id, blob, wanted.name)

        with self._store.ingest() as ingest:
            intake = Intake(self._store, ingest)
            if self._store.query("SELECT 1 FROM images WHERE id = ?", (id,)):
                intake.note(id, (remote.manifest.data, remote.parsed.media_type), also)
            else:
                self._bring(intake, remote, Listing(self._draft(remote), also=also))
        return Pulled(wanted.familiar, id, remote.top, any(updated))

    def _draft(self, remote: Remote) -> Draft:
        parsed = remote.parsed
        config_type = parsed.config.media_type or media.OCI_CONFIG
        return Draft(remote.config, (), (remote.manifest.data, parsed.media_type), config_type)

    def _bring(self, intake: Intake, remote: Remote, listing: Listing) -> None:
        """Fetch what is missing, and list the image."""
        folder = self._store.paths.partials
        sweep(folder)
        missing, layers = self._parted(remote)
        fetching = Fetching(remote.session, remote.repository, intake, missing, folder, self._check)
        try:
            layers |= fetching.run(self._tell)
            draft = listing.draft._replace(layers=[layers[position] for position in sorted(layers)])
            intake.commit_all([listing._replace(draft=draft)])
        except NoSpace:
            fetching.forget()
            raise
        fetching.forget()

    def _parted(self, remote: Remote) -> tuple[list[Missing], dict[int, Layer]]:
        """Part the layers into those that are to be fetched and those that are here."""
        missing: list[Missing] = []
        here: dict[int, Layer] = {}
        for position, diff_id, chain_id, layer in _numbered(remote):
            if self._store.query("SELECT 1 FROM layers WHERE chain_id = ?", (chain_id,)):
                kept = self._store.query("SELECT 1 FROM blobs WHERE digest = ?", (layer.digest,))
                blob = Blob(layer.digest, layer.size, layer.media_type) if kept else None
                here[position] = Layer(diff_id, 0, blob, None)
                self._tell(Transfer(layer.digest[7:19], "Already exists"))
            else:
                missing.append(Missing(position, diff_id, layer))
        for one in missing:
            self._tell(Transfer(one.short, "Pulling fs layer"))
        return missing, here


def _numbered(remote: Remote) -> Iterator[tuple[int, str, str, Descriptor]]:
    diff_ids = remote.view.diff_ids
    chain_ids = identity.chain_ids(diff_ids)
    for position, layer in enumerate(remote.parsed.layers):
        yield position, diff_ids[position], chain_ids[position], layer


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


def _denied(wanted: Reference, error: Denied) -> Denied:
    return Denied(
        f"pull access denied for {wanted.familiar_name}, repository does not exist or may require"
        " 'stackyard login'",
        details=error.brief,
    )
