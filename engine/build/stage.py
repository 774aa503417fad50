"""Carrying out one stage: each step is found in the cache or done, in order."""

from __future__ import annotations

import copy
import time

from engine.build import canonical
from engine.build.cache import Facts, Kin, difference, digest
from engine.build.chain import Chain, Execution, Made, container_id
from engine.build.deed import Deed
from engine.build.events import (
    Running,
    StepCached,
    StepFailed,
    StepFinished,
    StepMissed,
    StepStarted,
    Triggered,
)
from engine.build.plan import SCRATCH, PlannedStage
from engine.build.variables import Scope, environment
from engine.build.work import Result, Work
from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.expansion import expanded
from engine.dockerfile.instructions import Arg, Copy, Instruction, Maintainer, Origin, Run, Workdir
from engine.dockerfile.words import expand
from engine.errors import Cancelled, EngineError, NotFound, from_os
from engine.errors import StepFailed as Failure
from engine.images import changes, listing
from engine.images.records import Image
from engine.oci.config import ImageConfig
from engine.oci.platform import Platform
from engine.runtime.spec import PATH
from engine.store.ingest import Ingest
from engine.store.removal import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.build.cachefrom import Sources


class StageRun:
    """One stage at work, in one thread."""

    def __init__(self, work: Work, stage: PlannedStage, ingest: Ingest) -> None:
        self.work = work
        self.stage = stage
        self.ingest = ingest
        self.scope = Scope(work.arguments)
        self.key = ""
        self.execution: Execution = {}
        self.author = ""
        self.container = ""
        """Of the step that is carried out now."""
        self._missed = False
        self._cmd_given = False
        self._folders = 0
        self._draft = ""
        """What the step that is carried out now writes into."""
        self._sources: Sources | None = None
        self._now: tuple[int, Origin] = (stage.first, stage.begin.origin)
        self.chain = Chain(work.store, ingest, work.platform, self._tell)

    def run(self) -> Result:
        """Build the stage; what was good is kept, whatever happens.

        Raises StepFailed, Cancelled.
        """
        try:
            self._begin()
            for number, instruction in enumerate(self.stage.instructions, self.stage.first + 1):
                self._now = number, instruction.origin
                self.work.check()
                self.work.report(StepStarted(number, instruction.origin.text, time.time()))
                self._step(number, instruction)
                if self.chain.is_due():
                    self.chain.commit()
                    self._hold()
            self.chain.wait()
            index = self.stage.position
            self.chain.commit(self.work.references(index), result=self.work.is_result(index))
            self._hold()
        except (EngineError, OSError) as error:
            self._keep()
            raise self._failure(error) from error
        except BaseException:
            self._keep()
            raise
        return Result(self.key, self.chain.image, self.execution, self.chain.lowers())

    def folder(self) -> str:
        """Make an empty directory for a step's work."""
        self._folders += 1
        self._draft = self.ingest.directory(f"step-{self._folders}")
        return self._draft

    def _begin(self) -> None:
        stage, number = self.stage, self.stage.first
        self.work.report(StepStarted(number, stage.begin.origin.text, time.time()))
        base, self.key = self._base()
        self._take(base)
        triggers = self.execution.get("OnBuild") or ()
        if not triggers:
            self._tell(number, self.chain.image, 0)
            return
        self.work.report(Triggered(number, len(triggers)))
        self.execution["OnBuild"] = None
        for position, text in enumerate(triggers, 1):
            self._step(number, self.work.trigger(text), hidden=position < len(triggers))

    def _base(self) -> tuple[Image | None, str]:
        if self.stage.base_stage is not None:
            result = self.work.results[self.stage.base_stage]
            return listing.read(self.work.store, result.image) if result.image else None, result.key
        if self.stage.base == SCRATCH:
            return None, SCRATCH
        text = expand(self.stage.begin.platform, self.work.arguments.for_from(), self.work.program.escape)
        wanted = text or self.work.request.platform
        image = self.work.found(self.stage.base, self.stage.first, wanted)
        self._check_platform(image, wanted)
        return image, image.id

    def _check_platform(self, image: Image, wanted: str) -> None:
        """Refuse an image for another platform than the one that was asked for."""
        actual = ImageConfig(image.config).platform
        if wanted and not Platform.parse(wanted).accepts(actual):
            raise NotFound(
                f"image with reference {self.stage.base} was found but does not match the specified platform:"
                f" wanted {wanted}, actual: {actual}"
            )

    def _take(self, image: Image | None) -> None:
        """Go on from an image that is listed."""
        self.chain.start(image)
        self.execution = copy.deepcopy(image.config.get("config") or {}) if image else {}
        self.author = image.config.get("author") or "" if image else ""
        if "PATH" not in environment(self.execution):
            self.execution["Env"] = [*(self.execution.get("Env") or ()), PATH]

    def _step(self, number: int, instruction: Instruction, *, hidden: bool = False) -> None:
        """Do one step; the image of a hidden one is not told about."""
        deed = self._worked_out(number, instruction)
        kin = digest(self.work.origin, self.stage.title, instruction.origin.text)
        found = None if self._missed or self.work.is_anew(self.stage) else self._find(deed, kin)
        if found is not None:
            self.work.report(StepCached(number))
            self._take(found)
            if not hidden:
                self._tell(number, found.id, 0)
        else:
            relative = self.work.cache.kin(kin)
            self.work.report(StepMissed(number, self._why(deed, relative)))
            if not self._missed:
                self._hold()
                if self.stage.runs:
                    self.work.runner()  # it gets ready while other things are done
            self._missed = True
            self._do(deed, number, kin, relative, hidden=hidden)
        self.key = deed.facts.key

    def _do(self, deed: Deed, number: int, kin: str, relative: Kin | None, *, hidden: bool) -> None:
        self.container = container = "" if deed.silent else container_id()
        if container:
            self.work.report(Running(number, container))
        hashing = deed.do(relative) if deed.do else None
        self.execution = deed.execution
        facts, now = deed.facts, time.time_ns()
        self.chain.add(
            Made(number, facts, kin, deed.text, self.execution, self.author, container, now, hashing, hidden)
        )
        self._draft = ""

    def _worked_out(self, number: int, instruction: Instruction) -> Deed:
        """Expand an instruction's variables and find out what it would do."""
        if instruction.origin.span.start:  # what the command line said is meant as it is
            variables = self.scope.variables(self.execution)
            instruction = expanded(instruction, variables, self.work.program.escape)
        if isinstance(instruction, Run):
            from engine.build.program.programs import run_deed

            return run_deed(self, number, instruction)
        if isinstance(instruction, Copy):
            from engine.build.transfers import copy_deed

            return copy_deed(self, number, instruction)
        after = copy.deepcopy(self.execution)
        if isinstance(instruction, Arg):
            for name, default in instruction.variables:
                self.scope.declare(name, default)
        elif isinstance(instruction, Maintainer):
            self.author = instruction.author
        else:
            changes.apply(instruction, after, cmd_given=self._cmd_given)
            self._cmd_given = self._cmd_given or changes.gives_cmd(instruction)
        if isinstance(instruction, Workdir):
            from engine.build.transfers import workdir_deed

            return workdir_deed(self, after)
        text = canonical.created_by(instruction, after)
        return Deed(text, Facts(self.key, text), after)

    def _find(self, deed: Deed, kin: str) -> Image | None:
        id = self.work.cache.find(deed.facts.key)
        try:
            found = listing.read(self.work.store, id) if id else None
        except IndexError:
            found = None  # it was removed between the two questions
        return found if found or not self.work.known else self._find_elsewhere(deed, kin)

    def _find_elsewhere(self, deed: Deed, kin: str) -> Image | None:
        from engine.build.cachefrom import Sources, Wanted

        self._sources = self._sources or Sources(self.work.store, self.work.known)
        parent = listing.read(self.work.store, self.chain.image) if self.chain.image else None
        return self._sources.find(Wanted(parent, deed.text, deed.execution, deed.facts, kin))

    def _why(self, deed: Deed, relative: Kin | None) -> str:
        if self.work.is_anew(self.stage):
            return "--no-cache"
        why = difference(deed.facts, relative)
        if not why and relative:
            why = deed.changed(relative) if deed.changed else "its files changed"
        return "parent changed" if self._missed and why == "its result was removed" else why

    @property
    def number(self) -> int:
        """The step that is being done."""
        return self._now[0]

    def _tell(self, number: int, image: str, size: int) -> None:
        self.work.report(StepFinished(number, image, size, time.time()))

    def _hold(self) -> None:
        """Let nobody prune what the next steps stand on; those below it stay with it."""
        if self.chain.listed:
            self.work.hold(self.chain.listed)

    def _keep(self) -> None:
        """List the steps that were good, as far as that is possible now."""
        try:
            if self._draft:
                # If the disk is full, it is of this, and the good steps need a little room.
                remove_tree(self._draft)
            self.chain.wait()
            self.chain.commit()
        except (EngineError, OSError):
            return

    def _failure(self, error: EngineError | OSError) -> EngineError:
        if isinstance(error, OSError):
            error = from_os(error, "cannot build")
        if isinstance(error, Cancelled):
            return error
        number, origin = self._now
        line = error.line if isinstance(error, DockerfileError) and error.line else origin.span.start
        code = error.code if isinstance(error, Failure) else 0
        self.work.report(StepFailed(number, str(error), code, time.time()))
        failure = Failure(
            error.brief, step=number, line=line, code=code, details=error.details, resolution=error.resolution
        )
        failure.image = self.chain.image
        seen = {**self.scope.active(self.execution), **self.scope.proxies(self.execution)}
        failure.environment = tuple(f"{name}={value}" for name, value in seen.items())
        return failure
