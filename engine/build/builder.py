"""One build from its request to its result."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from engine.build.context.context import Context, open_context
from engine.build.events import (
    ContextRead,
    Event,
    Exported,
    Failed,
    Finished,
    Planned,
    StepFinished,
    StepStarted,
    Tagged,
    Warned,
)
from engine.build.journal.journal import Journal
from engine.build.plan import PlannedStage, plan
from engine.build.request import Request
from engine.build.stage import StageRun
from engine.build.variables import Arguments
from engine.build.work import Report, Result, Work, Yard, merged_failure
from engine.cancelling import Cancel
from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.program import understand
from engine.errors import Cancelled, EngineError, StepFailed
from engine.images.journal import tell
from engine.images.tags import target as tag_target
from engine.oci.platform import Platform
from engine.oci.reference import Reference


class Outcome(NamedTuple):
    """What a build made."""

    build: str
    image: str


class Builder:
    """A build under way."""

    def __init__(self, yard: Yard, request: Request, report: Report, cancel: Cancel | None = None) -> None:
        self.yard = yard
        self.store = yard.store
        self.request = request
        self.id = os.urandom(32).hex()
        self._listener = report
        self._cancel = cancel or Cancel()
        self._telling = threading.Lock()
        self._journal: Journal | None = None

    def build(self) -> Outcome:
        """Build; every event is also written to the build's journal.

        Raises what the parts raise; whatever happens, no program runs on and nothing is left half done.
        """
        names = tuple(tag_target(name) for name in self.request.tags)
        if self.request.output:
            from engine.build.result.output import checked

            for destination in self.request.output:
                checked(destination)
        with open_context(self.request, self.store.paths) as context:
            self._journal = Journal.begin(self.store.paths, self.id, self.request, context.dockerfile)
            try:
                return self._build(context, names)
            except (KeyboardInterrupt, Cancelled) as error:
                self._report(Failed("the build was cancelled", 0, 130, time.time(), cancelled=True))
                raise Cancelled("the build was cancelled") from error
            except EngineError as error:
                line = error.line if isinstance(error, StepFailed) else getattr(error, "line", 0)
                code = error.code if isinstance(error, StepFailed) else 0
                self._report(Failed(str(error), line, code or 1, time.time()))
                raise
            finally:
                self._journal.close()

    def _build(self, context: Context, names: tuple[Reference, ...]) -> Outcome:
        request = self.request
        self._report(ContextRead(context.size))
        self._cancel.check()
        program = understand(context.dockerfile)
        arguments = Arguments(request.arguments, request.environment, _platform(request))
        planned = plan(program, arguments, request.target, request.labels, request.contexts)
        work = Work(self.yard, request, context, program, planned, arguments, self._report)
        work.names = () if request.squash else names
        if request.no_cache and any(stage.runs for stage in planned.stages):
            work.runner()  # it gets ready while other things are done
        unknown = self._open_sources(work)
        self._report(
            Planned(self.id, context.dockerfile_name, planned.steps, request.context, context.size,
                    tuple(name.familiar for name in names), time.time())
        )  # fmt: skip
        for text in (*program.warnings, *unknown):
            self._report(Warned(text))
        self._check(context, arguments.options(program.check))
        for step in planned.head:
            self._report(StepStarted(step.step, step.text, time.time()))
            self._report(StepFinished(step.step, "", 0, time.time()))
        try:
            with self._cancel.calling(work.cancel):
                self._run(work)
        finally:
            work.close()
        return self._finish(work, names)

    def _check(self, context: Context, options: str) -> None:
        """Fail on findings where `# check=error=true` wants that; else nobody looks for any."""
        if "error" not in options:
            return
        from engine.build.checking import judged

        verdict = judged(context, self.request, self.yard.find_image)
        if verdict.error:
            found = (f"  line {finding.line}: {finding.rule}: {finding.text}" for finding in verdict.findings)
            raise DockerfileError(verdict.error, line=verdict.findings[0].line, details="\n".join(found))

    def _open_sources(self, work: Work) -> list[str]:
        """Find what `--cache-from` names; return what to say of names that mean nothing."""
        if not self.request.cache_from:
            return []
        from engine.build.cachefrom import open_sources

        find, names = self.yard.find_image, self.request.cache_from
        sources, missing = open_sources(self.store, self.yard.events, find, names, self.request.folder)
        work.known = sources.images
        return [f"--cache-from {name}: there is no such image or archive" for name in missing]

    def _run(self, work: Work) -> None:
        """Run the stages, those that do not need each other side by side."""
        left = {stage.position: stage for stage in work.plan.stages}
        running: dict[int, threading.Thread] = {}
        ended: queue.SimpleQueue[tuple[int, Result | BaseException]] = queue.SimpleQueue()
        failures: list[EngineError] = []
        try:
            while left or running:
                ready = [s for s in left.values() if not failures and s.needs <= work.results.keys()]
                if len(ready) == 1 and not running:
                    # Nothing to run beside it: no thread, and an interrupt reaches it at once.
                    del left[ready[0].position]
                    work.results[ready[0].position] = self._stage(work, ready[0])
                    continue
                for stage in ready:
                    del left[stage.position]
                    running[stage.position] = threading.Thread(
                        target=lambda stage=stage: ended.put((stage.position, self._attempt(work, stage))),
                        name=f"stage {stage.title}",
                    )
                    running[stage.position].start()
                if not running:
                    break
                index, result = ended.get()
                running.pop(index).join()
                if isinstance(result, Result):
                    work.results[index] = result
                elif isinstance(result, EngineError):
                    failures.append(result)
                    work.cancel()
                else:
                    raise result
        except BaseException:
            work.cancel()
            for thread in running.values():
                thread.join()
            raise
        if failures:
            raise merged_failure(failures)

    def _attempt(self, work: Work, stage: PlannedStage) -> Result | BaseException:
        try:
            return self._stage(work, stage)
        except BaseException as error:
            return error

    def _stage(self, work: Work, stage: PlannedStage) -> Result:
        with self.store.ingest() as ingest:
            return StageRun(work, stage, ingest).run()

    def _finish(self, work: Work, names: Sequence[Reference]) -> Outcome:
        image = work.results[work.plan.target].image
        if not image:
            raise EngineError("No image was generated. Is your Dockerfile empty?")
        if self.request.squash:
            from engine.build.result.squash import base_of, squash

            image = squash(self.store, image, base_of(work), names)
        unused = work.arguments.unused()
        if unused:
            self._report(Warned(f"[Warning] One or more build-args [{' '.join(unused)}] were not consumed"))
        for destination in self.request.output:
            from engine.build.result.output import export

            export(self.store, self.yard.events, image, destination, names, self.request.folder)
            self._report(Exported(destination.kind, destination.place))
        labels = (work.results[work.plan.target].execution.get("Labels")) or {}
        self._report(Finished(image, time.time()))
        for name in names:
            tell(self.yard.events, "tag", image, name.familiar, labels)  # type: ignore[arg-type]
            self._report(Tagged(name.familiar))
        return Outcome(self.id, image)

    def _report(self, event: Event) -> None:
        with self._telling:
            if self._journal:
                self._journal.append(event)
            self._listener(event)


def _platform(request: Request) -> dict[str, str]:
    from engine.build.variables import platform_arguments

    target = Platform.parse(request.platform) if request.platform else Platform.host()
    return platform_arguments(target, request.target)
