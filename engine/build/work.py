"""What the stages of one build share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from engine.build.cache import Cache
from engine.build.events import Event, StepProgress
from engine.build.plan import Plan, PlannedStage, find_stage
from engine.build.request import Request
from engine.build.variables import Arguments
from engine.dockerfile.instructions import Instruction, Program
from engine.errors import Cancelled, EngineError, NotFound
from engine.events import EventLog
from engine.images.records import Image, Telling
from engine.oci.config import ImageConfig
from engine.oci.platform import Platform
from engine.oci.reference import Reference, is_identifier
from engine.snapshots.protocol import Snapshotter
from engine.store.store import Store

if TYPE_CHECKING:
    from engine.build.context.context import Context
    from engine.build.context.taking import Taking
    from engine.build.context.tree import Tree
    from engine.images.leases import Leases
    from engine.shim.runner import Runner

Report = Callable[[Event], None]
FindImage = Callable[[str], Image]
PullImage = Callable[[str, str, Telling, Callable[[], None]], object]
"""Takes a name, a platform, who hears of it, and what may end it."""


class _Closable(Protocol):
    def close(self) -> None:
        """Let go."""


_Closing = TypeVar("_Closing", bound=_Closable)


class Yard(NamedTuple):
    """Where builds happen."""

    store: Store
    events: EventLog
    snapshotter: Snapshotter
    find_image: FindImage
    pull: PullImage
    ready: Runner | None = None
    """What will start programs, if it was brought up in advance; whoever did so closes it."""


class Result(NamedTuple):
    """What a stage came to."""

    key: str
    image: str
    """Empty for a stage that is `scratch` and nothing else."""
    execution: Mapping[str, object]
    lowers: list[str]
    """The directories of its layers, topmost first."""


class Work:
    """One build, as its stages see it."""

    def __init__(
        self,
        yard: Yard,
        request: Request,
        context: Context,
        program: Program,
        plan: Plan,
        arguments: Arguments,
        report: Report,
    ) -> None:
        self.store = yard.store
        self.snapshotter = yard.snapshotter
        self.request = request
        self.context = context
        self.program = program
        self.plan = plan
        self.arguments = arguments
        self.origin = f"{context.origin}\0{context.dockerfile_name}"
        """Which Dockerfile it is: steps of the same one are kin."""
        self.report = report
        self.cache = Cache(yard.store)
        self._runner = yard.ready
        self._lock = threading.Lock()
        self._opened = ExitStack()
        self._leases: Leases | None = None
        self.results: dict[int, Result] = {}
        self.known: list[Image] = []
        """Images from elsewhere whose steps count as done."""
        self.names: tuple[Reference, ...] = ()
        """What the target's image will be called, once it is listed."""
        self._find_image = yard.find_image
        self._pull_image = yard.pull
        self._pulling = threading.Lock()
        """Two stages that stand on one image bring it in once."""
        self._pulled: set[str] = set()
        self._cancelled = threading.Event()
        host = Platform.parse(request.platform) if request.platform else Platform.host()
        self.platform = {"architecture": host.architecture, "os": host.os, "variant": host.variant}

    def check(self) -> None:
        """Raise Cancelled if the build shall end."""
        if self._cancelled.is_set():
            raise Cancelled("the build was cancelled")

    def cancel(self) -> None:
        """Let every stage end at its next chance, and its program now."""
        self._cancelled.set()
        with self._lock:
            if self._runner:
                self._runner.kill()

    def runner(self) -> Runner:
        """Return the process that starts the programs of RUN steps: here at once, ready a little later."""
        from engine.shim.runner import Runner

        with self._lock:
            self.check()
            self._runner = self._runner or Runner(f"{self.store.paths.root}/seccomp")
            return self._runner

    def inputs(self, name: str, step: int = 0) -> Tree:
        """Return the tree of the context, or of the stage or image that `--from` names."""
        if not name:
            return self.context.inputs
        from engine.build.context.layered import Layered

        named = self.request.contexts.get(name.lower(), "")
        if named and "://" not in named:
            from engine.build.context.context import open_directory

            return self._keep(open_directory(os.path.join(self.request.folder, named), self.store.paths))
        return self._keep(Layered(self.source(name, step).lowers, self.store.paths))

    def taking(self, step: int) -> Taking:
        """Return what fetches and selects for a COPY or ADD."""
        from engine.build.context.taking import Taking

        def fetched(count: int) -> None:
            self.check()
            self.report(StepProgress(step, count, 0, "B"))

        return self._keep(Taking(self.store.paths, fetched))

    def close(self) -> None:
        """Let go of the runner and of all that steps have opened."""
        if self._runner:
            self._runner.close()
        with self._lock:
            self._opened.close()

    def _keep(self, thing: _Closing) -> _Closing:
        """Close something when the build ends."""
        with self._lock:
            self._opened.callback(thing.close)
        return thing

    def is_anew(self, stage: PlannedStage) -> bool:
        """Tell whether a stage must not use what earlier builds did."""
        wanted = {name.lower() for name in self.request.no_cache_filter}
        return self.request.no_cache or stage.title.lower() in wanted

    def is_result(self, stage: int) -> bool:
        """Tell whether a stage's image is what the user gets, not only what something is made from."""
        wanted = self.request.output
        kept = not wanted or any(one.kind in ("image", "docker") and not one.place for one in wanted)
        return stage == self.plan.target and kept and not self.request.squash

    def references(self, stage: int) -> tuple[Reference, ...]:
        """Return the names that a stage's image gets."""
        return self.names if stage == self.plan.target else ()

    def image(self, name: str, step: int = 0, platform: str = "") -> Image:
        """Find an image to build on, or to take files from; pull it if it is not here, or shall be newer.

        What a pull tells is told of the `step`.
        """
        named = self.request.contexts.get(name.lower(), "").removeprefix("docker-image://") or name
        with self._pulling:
            if self.request.pull and named not in self._pulled and not is_identifier(named):
                self._pull(named, step, platform)
            try:
                found = self._find_image(named)
                if not platform or Platform.parse(platform).accepts(ImageConfig(found.config).platform):
                    return found
            except NotFound:
                if named in self._pulled or is_identifier(named):
                    raise
            if named not in self._pulled:
                self._pull(named, step, platform)
            return self._find_image(named)

    def _pull(self, name: str, step: int, platform: str) -> None:
        from engine.build.pulling import Heard

        heard = Heard(step, self.report)
        try:
            self._pull_image(name, platform or self.request.platform, heard, self.check)
        except EngineError as error:
            error.resolution = error.resolution or (
                f"bring it in with `stackyard load` or `stackyard import … {name}`"
            )
            raise
        self._pulled.add(name)

    def found(self, name: str, step: int = 0, platform: str = "") -> Image:
        """Find an image to work with, and hold it."""
        image = self.image(name, step, platform)
        self.hold(image.id)
        return image

    def hold(self, image: str) -> None:
        """Let nobody remove an image before the build is over; raises NotFound if somebody has."""
        from engine.images.leases import Leases

        with self._lock:
            if self._leases is None:
                self._leases = Leases(self.store)
                self._opened.callback(self._leases.close)
            self._leases.take(image)

    def source(self, name: str, step: int = 0) -> Result:
        """Find what `--from` names: a stage that is done, or an image."""
        found = find_stage(self.program, name)
        if found is not None and found in self.results:
            return self.results[found]
        image = self.found(name, step)
        lowers = [self.store.paths.snapshot(layer.snapshot) for layer in reversed(image.chain)]
        return Result(image.id, image.id, image.config.get("config") or {}, lowers)

    def trigger(self, text: str) -> Instruction:
        """Read an instruction that an image brought with it."""
        from engine.dockerfile.program import instruction

        return instruction(text)


def merged_failure(failures: list[EngineError]) -> EngineError:
    """Choose what to tell of several failures: not that others were cancelled because of the first."""
    return next((error for error in failures if not isinstance(error, Cancelled)), failures[0])
