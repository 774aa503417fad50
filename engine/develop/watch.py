"""One watch at work: round after round, until it is cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from engine.cancelling import Cancel
from engine.develop import events
from engine.develop.building import Builder
from engine.develop.events import Event
from engine.develop.following import Follower
from engine.develop.replacing import replace, stop
from engine.develop.request import Watched
from engine.develop.scope import Scope
from engine.develop.sight import Batch, Sight
from engine.develop.syncing import pairs, sync
from engine.errors import AlreadyExists, Cancelled, EngineError, NotFound, from_os

if TYPE_CHECKING:
    from engine.build.builds import Builds
    from engine.containers.containers import Containers
    from engine.containers.record import Container
    from engine.images.images import Images

SHOWN = 20
"""Changed files that are named."""
PATIENCE = 5
"""Builds in a row that may be overtaken; the next one goes to its end."""
_IDLE = 1.0


class Rooms(NamedTuple):
    """What of the engine a watch works with."""

    builds: Builds
    images: Images
    containers: Containers


class Watch:
    """A watch; `run` does it."""

    def __init__(
        self, rooms: Rooms, watched: Watched, tell: Callable[[Event], object], cancel: Cancel
    ) -> None:
        """Raises NotFound, InvalidInput, AlreadyExists."""
        self._rooms, self._watched, self._tell, self._cancel = rooms, watched, tell, cancel
        self._scope = Scope(watched)
        self._builder = Builder(rooms.builds, watched.build, tell)
        self._follower = Follower(rooms.containers, tell)
        self._round = 0
        self._image = self._tagged()
        self._put_here: set[str] = set()
        """The containers that this watch has started."""
        self._mine: list[str] = []
        """Images that were built here and may be superseded."""
        self._overtaken = 0
        self._check_name()

    def run(self) -> None:
        """Go from round to round; raises Cancelled at the end, and OSError if nothing can be watched."""
        try:
            sight = Sight(self._scope, self._noticed)
        except OSError as error:
            raise from_os(error, f"cannot watch {self._scope.context}") from error
        try:
            self._tell(events.Began(self._scope.context, sight.how, sight.why, time.time()))
            first = Batch((), time.time())
            self._begin(first)
            self._whole(sight, first)
            waiting = False
            while True:
                self._cancel.check()
                if not sight.wait(self._cancel, _IDLE):
                    if sight.gone and not waiting:
                        why = f"{self._scope.context} is gone: waiting until it is there again"
                        self._tell(events.Waits(why, time.time()))
                    waiting = sight.gone
                    continue
                waiting = False
                self._rooms.containers.prestart()
                batch = sight.settled(self._cancel)
                self._scope.refresh()
                if not (batch.changes or batch.whole or self._overtaken):
                    continue
                self._begin(batch)
                if not self._gentle(batch):
                    self._whole(sight, batch)
        finally:
            sight.close()
            self._follower.close()
            self._rooms.containers.stand_down()

    def _noticed(self) -> None:
        """Somebody saved: what is being built is out of date."""
        if self._overtaken < PATIENCE:
            self._builder.overtake()

    def _begin(self, batch: Batch) -> None:
        self._round += 1
        paths = tuple(self._scope.shown(change.path) for change in batch.changes[:SHOWN])
        self._tell(events.Saved(self._round, paths, len(batch.changes), batch.saved, time.time()))

    def _gentle(self, batch: Batch) -> bool:
        """Do what rules say instead of building; tell whether that was all there is to do."""
        actions = {rule.action for change in batch.changes for rule in change.rules}
        if batch.whole or self._overtaken or not actions or "rebuild" in actions:
            return False
        running = [one for one in self._present(self._image) if one.state.running]
        if not running:
            return False
        wanted = pairs(batch.changes)
        restart = any(action.endswith("restart") for action in actions)
        try:
            for one in running:
                done = sync(self._rooms.containers, one.id, wanted, self._scope.judge)
                if restart:
                    self._restart(one, batch.saved)
                self._tell(events.Copied(self._round, one.name, *done, restart, time.time()))
        except EngineError as error:
            self._tell(_failed(self._round, error))
        return True

    def _restart(self, one: Container, saved: float) -> None:
        self._follower.leave(one.id)
        stop(self._rooms.containers, one)
        now = time.time()
        self._rooms.containers.start(one.id)
        self._follower.follow(self._rooms.containers.get(one.id), self._round, saved, now)

    def _whole(self, sight: Sight, batch: Batch) -> None:
        """Build, and replace what runs."""
        try:
            with self._cancel.calling(self._builder.overtake):
                built = self._builder.build(self._round)
            if sight.restless and self._overtaken < PATIENCE:
                raise Cancelled("files were saved again")
        except Cancelled:
            self._cancel.check()
            self._overtaken += 1
            self._tell(events.Overtaken(self._round, time.time()))
            return
        except EngineError as error:
            self._overtaken = 0
            self._tell(self._builder.failure(error))
            return
        self._overtaken = 0
        same, before, self._image = built.image == self._image, self._image, built.image
        self._mine.append(built.image)
        now = time.time()
        self._tell(events.Built(self._round, built.image, built.build, same, sight.restless, now))
        try:
            self._put(before, batch.saved)
        except EngineError as error:
            self._tell(_failed(self._round, error))
        self._drop()

    def _put(self, before: str, saved: float) -> None:
        """Replace every container that is to run the image and runs another one."""
        image, run, present = self._image, self._watched.run, self._present(before)
        stale = [one for one in present if one.image_id != image or (run and one.id not in self._put_here)]
        for old in stale:
            self._follower.leave(old.id)
            try:
                # What was there before the watch began gets the flags; later ones are like it.
                options = None if old.id in self._put_here else run
                id = replace(self._rooms.containers, old, self._name(image), options)
            except EngineError:
                self._stay(old.id)
                raise
            self._ran(id, old.id, saved)
        if run and not present:
            id = self._rooms.containers.create(self._name(image), run)
            self._put_here.add(id)
            self._rooms.containers.start(id)
            self._ran(id, "", saved)
        elif not stale:
            for one in present:
                if one.state.running:
                    self._follower.follow(one, self._round)
            why = "the image is the same: what runs stays" if present else "no container runs it"
            self._tell(events.Kept(self._round, why, time.time()))

    def _stay(self, id: str) -> None:
        """Go on following one that could not be replaced."""
        with suppress(EngineError):
            old = self._rooms.containers.get(id)
            if old.state.running:
                self._follower.follow(old, self._round)

    def _ran(self, id: str, instead: str, saved: float) -> None:
        new = self._rooms.containers.get(id)
        self._put_here.discard(instead)
        self._put_here.add(id)
        self._tell(events.Replaced(self._round, id, new.name, instead, new.image_id, time.time()))
        self._follower.follow(new, self._round, saved)

    def _present(self, before: str) -> list[Container]:
        """Find the containers that the image is for: our own even if they have ended, and others that run it.

        With `--run` there is but one, told by its name.
        """
        containers, run = self._rooms.containers, self._watched.run
        own = [one for one in containers.list(all=True) if one.id in self._put_here]
        if run:
            with suppress(NotFound):
                return own or [containers.get(run.name or "")]
            return []
        tags = set(self._watched.build.tags)
        return own + [
            one for one in containers.list()
            if one not in own and (one.image in tags or one.image_id in (before, self._image))
        ]  # fmt: skip

    def _name(self, image: str) -> str:
        return next(iter(self._watched.build.tags), image)

    def _tagged(self) -> str:
        """Find the image that the tag names before anything is built."""
        for tag in self._watched.build.tags[:1]:
            with suppress(EngineError):
                return self._rooms.images.get(tag).id
        return ""

    def _check_name(self) -> None:
        """Refuse to replace a container that has nothing to do with this image."""
        wanted = self._watched.run.name if self._watched.run else None
        if not wanted:
            return
        with suppress(NotFound):
            found = self._rooms.containers.get(wanted)
            if found.image not in self._watched.build.tags and found.image_id != self._image:
                raise AlreadyExists(
                    f'the container "{wanted}" is of another image, {found.image}: it is not replaced',
                    resolution="choose another --name in --run, or remove that container first",
                )

    def _drop(self) -> None:
        """Remove what this watch has built and nobody can want any more."""
        for image in [one for one in self._mine if one != self._image]:
            with suppress(EngineError):
                if self._rooms.images.drop(image):
                    self._tell(events.Dropped(image))
                self._mine.remove(image)


def _failed(round: int, error: EngineError) -> events.Failed:
    return events.Failed(round, str(error), 0, 0, "", (), error.resolution or "", time.time())
