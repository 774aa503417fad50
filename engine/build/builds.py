"""Builds: carrying them out, and looking back at those that were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from engine.build.events import Event
from engine.build.request import Request
from engine.events import EventLog
from engine.images.records import Image, Telling
from engine.store.store import Store

if TYPE_CHECKING:
    from engine.build.builder import Outcome
    from engine.build.checking import Checked
    from engine.build.inventory import Entry
    from engine.build.journal.summary import BuildRecord
    from engine.build.prune import Pruned
    from engine.cancelling import Cancel
    from engine.shim.runner import Runner
    from engine.shim.terminal import Terminal


class Builds:
    """The builds of one store, those of every process that uses it."""

    def __init__(
        self,
        store: Store,
        events: EventLog,
        find_image: Callable[[str], Image],
        pull_image: Callable[[str, str, Telling, Callable[[], None]], object],
    ) -> None:
        self.store = store
        self._events = events
        self._find_image = find_image
        self._pull_image = pull_image

    def build(
        self, request: Request, report: Callable[[Event], None], cancel: Cancel | None = None
    ) -> Outcome:
        """Build an image; every event is reported as it happens, from whichever thread, one at a time.

        An exception out of `report` cancels the build, and so does `cancel`. Raises DockerfileError,
        StepFailed, NotFound, InvalidInput, InvalidReference, NoSpace, Cancelled.
        """
        with self._ready(request) as runner:
            from engine.build.builder import Builder
            from engine.build.work import Yard
            from engine.snapshots.choice import choose

            driver = choose(self.store.paths)
            yard = Yard(self.store, self._events, driver, self._find_image, self._pull_image, runner)
            return Builder(yard, request, report, cancel).build()

    @contextmanager
    def _ready(self, request: Request) -> Iterator[Runner | None]:
        """Bring up what programs will need while the rest is loaded, if it is sure that they will run."""
        if not request.no_cache:
            yield None
            return
        from engine.shim.runner import Runner

        runner = Runner(f"{self.store.paths.root}/seccomp")
        try:
            yield runner
        finally:
            runner.close()

    def check(self, request: Request) -> Checked:
        """Check a Dockerfile and build nothing; raises DockerfileError, and what opening a context raises."""
        from engine.build.checking import checked

        return checked(request, self.store.paths, self._find_image)

    def shell(
        self, image: str, environment: Sequence[str] = (), size: tuple[int, int] = (80, 24)
    ) -> AbstractContextManager[Terminal]:
        """Sit down at a shell on an image; what is done there is forgotten.

        `environment` is `K=V` each, on top of the image's; `size` is in columns and rows. Raises NotFound,
        StartFailed.
        """
        from engine.build.program.shell import shell
        from engine.snapshots.choice import choose

        return shell(self.store, choose(self.store.paths), self._find_image(image), environment, size)

    def list(self) -> list[BuildRecord]:
        """Return the builds that are remembered, newest first."""
        from engine.build.journal.journal import listed

        return listed(self.store.paths)

    def events(self, id: str, offset: int = 0) -> tuple[Sequence[Event], int]:
        """Return the events of a build from `offset` on, and the offset to go on from."""
        from engine.build.journal.journal import events

        return events(self.store.paths, id, offset)

    def dockerfile(self, id: str) -> bytes:
        """Return the Dockerfile a build was made from."""
        from engine.build.journal.journal import dockerfile

        return dockerfile(self.store.paths, id)

    def remove(self, id: str) -> None:
        """Forget a build; what it made stays."""
        from engine.build.journal.journal import remove

        remove(self.store.paths, id)

    def cache(self) -> Sequence[Entry]:
        """Return what builds keep for later, the longest unused first."""
        from engine.build.inventory import everything

        return everything(self.store)

    def prune(self, all: bool = False, filters: Mapping[str, Sequence[str]] = {}, keep: int = 0) -> Pruned:
        """Remove what the cache keeps and no image needs, the least used first, down to `keep` bytes."""
        from engine.build.prune import prune

        return prune(self.store, self._events, all=all, filters=filters, keep=keep)
