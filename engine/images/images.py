"""The images of one store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from engine.errors import InvalidInput, from_os
from engine.events import EventLog
from engine.images import listing, tags
from engine.images.journal import tell
from engine.images.names import resolve
from engine.images.records import (
    Check,
    HistoryEntry,
    Image,
    Loaded,
    Pruned,
    Pulled,
    Pushed,
    Removed,
    Report,
    Telling,
    silent,
    unchecked,
    unheard,
)
from engine.oci.reference import Reference
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.images.pulling import Pull
    from engine.images.removal import Running
    from engine.snapshots.browsing import Browser
    from engine.snapshots.survey import Place, Progress, Survey


def _nobody(_: str) -> bool:
    return False


class Images:
    """What can be done with images.

    Names are whatever a user types: a reference, a full id, or the beginning of an id that fits one image
    only. `running` tells whether the container with a given id runs now. Reports go to a callable that may
    raise to cancel.
    """

    def __init__(self, store: Store, events: EventLog, running: Running | None = None) -> None:
        self.store = store
        self.events = events
        self._running = running or _nobody

    def list(self, filters: Mapping[str, Sequence[str]] = {}, all: bool = False) -> list[Image]:
        """Return the images that pass the filters, newest first.

        Filters: dangling, label, before, since, until, reference. Steps of builds, and nameless images that
        others stand on, are left out unless `all` are asked for. Raises InvalidInput, NotFound.
        """
        return listing.listed(self.store, filters, hidden=all)

    def get(self, name_or_id: str) -> Image:
        """Find one image; raises InvalidReference, NotFound, Ambiguous."""
        return listing.read(self.store, resolve(self.store, name_or_id))

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what `docker image inspect` prints for an image."""
        from engine.images.inspection import inspect

        return inspect(self.store, self.get(name))

    def history(self, name: str) -> Sequence[HistoryEntry]:
        """Return the steps that made an image, newest first."""
        from engine.images.history import history

        return history(self.store, self.get(name))

    def browse(self, name: str, layer: int = 0) -> Browser:
        """Look around in an image's files; with `layer`, counted from 1, in what that one brings."""
        from engine.snapshots.browsing import Browser

        layers = self._directories(name)
        return Browser(layers[:layer], alone=True) if layer else Browser(layers)

    def survey(self, name: str, progress: Progress = lambda *_: None) -> Survey:
        """Find what the layers of an image hold for nothing, what is largest, what each layer did.

        The first time, every layer that no survey has seen yet is walked through; `progress` hears of it,
        and may raise to cancel. What was found is kept beside the layers. Raises NotFound, NoSpace.
        """
        from engine.snapshots.survey import survey

        try:
            return survey(self._places(name), progress)
        except OSError as error:
            raise from_os(error, "cannot look through the layers") from error

    def surveyed(self, name: str) -> Survey | None:
        """Return what an earlier survey of an image found; None if there was none."""
        from engine.snapshots.survey import read

        try:
            return read(self._places(name))
        except OSError as error:
            raise from_os(error, "cannot read the survey of the layers") from error

    def names(self, name: str, layer: int = 0) -> Iterator[str]:
        """Yield every path in an image's layers, or in one, counted from 1, as often as it is there.

        What no survey has walked through is left out.
        """
        from engine.snapshots.index import is_whole, names

        places = self._places(name)
        for place in places[layer - 1 : layer] if layer else places:
            if is_whole(place.names):
                yield from names(place.names)

    def _places(self, name: str) -> Sequence[Place]:
        from engine.snapshots.survey import Place

        paths, numbers = self.store.paths, (layer.snapshot for layer in self.get(name).chain)
        return [Place(paths.snapshot(one), paths.names(one), paths.survey(one)) for one in numbers]

    def _directories(self, name: str) -> Sequence[str]:
        return [self.store.paths.snapshot(layer.snapshot) for layer in self.get(name).chain]

    def tag(self, source: str, target: str) -> None:
        """Give an image one more name, taking it from whichever image has it."""
        reference = tags.target(target)
        with self.store.transaction() as connection:
            image = self.get(source)
            tags.assign(connection, reference, image.id)
        tell(self.events, "tag", image.id, reference.familiar, image.labels)

    def remove(self, name: str, force: bool = False, prune: bool = True) -> Sequence[Removed]:
        """Take a name away, and delete the image with its last one; an id deletes the image.

        Layers stay for as long as another image has them, and an image for as long as a container is made
        from it or others are built upon it. With `prune`, images without a name go with the last one that
        was built upon them. Raises NotFound, Ambiguous, Conflict, InUse.
        """
        from engine.images.removal import remove

        return remove(self.store, self.events, self._running, name, force=force, parents=prune)

    def drop(self, id: str) -> bool:
        """Delete an image if nobody named it, uses it or built upon it; tell whether it went."""
        from engine.images.removal import drop

        return drop(self.store, self.events, self._running, id)

    def prune(self, all: bool = False, filters: Mapping[str, Sequence[str]] = {}) -> Pruned:
        """Remove the images without a name, with `all` those without a container.

        What builds remember is not among the former; it goes with `builds.prune`.
        """
        from engine.images.pruning import prune

        return prune(self.store, self.events, self._running, tagged=all, filters=filters)

    def import_(
        self,
        stream: BinaryIO,
        reference: str | None = None,
        changes: Sequence[str] = (),
        message: str = "",
        platform: str | None = None,
        progress: Report | None = None,
    ) -> str:
        """Make an image of one layer from the tar of a root file system, plain or compressed; return its id.

        `changes` are lines of a Dockerfile (CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD,
        USER, VOLUME, WORKDIR). Raises InvalidInput, InvalidReference, Corrupt, HostileArchive, NoSpace.
        """
        from engine.images.importing import Source, import_

        source = Source(stream, message, platform)
        return import_(self.store, self.events, source, reference, changes, progress or silent)

    def import_host(
        self, programs: Sequence[str] = (), reference: str | None = None, progress: Report | None = None
    ) -> str:
        """Make a small base image out of this machine's own programs; return its id."""
        from engine.images.importing import import_host

        return import_host(self.store, self.events, programs, reference, progress or silent)

    def load(self, source: BinaryIO | str, progress: Report | None = None) -> Iterator[Loaded]:
        """Load the images of a docker archive or an OCI layout, from a stream or from the layout's directory.

        Each image is listed when it is yielded; nothing happens before the first is asked for. Raises
        Corrupt, HostileArchive, Unsupported, NoSpace.
        """
        from engine.images.loading import load

        return load(self.store, self.events, source, progress or silent)

    def pull(
        self, name: str, platform: str = "", tell: Telling = unheard, check: Check = unchecked
    ) -> Pulled:
        """Bring an image from its registry, by a tag (`latest` by default) or a digest.

        `tell` hears of every step in this thread; it and `check` may raise to cancel: what has arrived by
        then is kept for the next time. Raises InvalidReference, NotFound, Denied, Unreachable, Corrupt,
        HostileArchive, Unsupported, NoSpace.
        """
        return self._puller(platform, tell, check).one(Reference.parse(name))

    def pull_all(
        self, name: str, platform: str = "", tell: Telling = unheard, check: Check = unchecked
    ) -> Sequence[Pulled]:
        """Bring all tagged images of a repository; raises InvalidInput if `name` has a tag or a digest."""
        reference = Reference.parse(name)
        if not reference.is_name_only:
            raise InvalidInput("tag can't be used with --all-tags/-a")
        return self._puller(platform, tell, check).all(reference)

    def push(self, name: str, tell: Telling = unheard) -> Pushed:
        """Send an image to the registry that its name says, under its tag (`latest` by default).

        An image that was pulled and not changed keeps its digest. Raises InvalidReference, InvalidInput,
        NotFound, Denied, Unreachable, NoSpace.
        """
        from engine.images.pushing import Push

        return Push(self.store, self.events, Reference.parse(name), tell).one()

    def push_all(self, name: str, tell: Telling = unheard) -> Sequence[Pushed]:
        """Send all images that have a name in this repository."""
        from engine.images.pushing import Push

        reference = Reference.parse(name)
        if not reference.is_name_only:
            raise InvalidInput("tag can't be used with --all-tags/-a")
        return Push(self.store, self.events, reference, tell).all()

    def _puller(self, platform: str, tell: Telling, check: Check) -> Pull:
        from engine.images.pulling import Pull
        from engine.oci.platform import Platform

        wanted = Platform.parse(platform) if platform else None
        return Pull(self.store, self.events, wanted, tell, check)

    def save(
        self,
        names: Sequence[str],
        out: BinaryIO | str,
        format: str = "docker-archive",
        progress: Report | None = None,
    ) -> None:
        """Write images into a stream (docker-archive, oci-archive) or a new directory (oci-dir).

        A repository's name without a tag stands for all its tags, an id for the image without a name. The
        same images give the same bytes. Raises NotFound, InvalidInput, AlreadyExists, NoSpace.
        """
        from engine.images.saving import save

        try:
            save(self.store, self.events, names, out, format, progress or silent)
        except OSError as error:
            raise from_os(error, "cannot save the image") from error
