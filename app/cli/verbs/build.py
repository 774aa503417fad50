"""`build`: an image out of a Dockerfile."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.cli.build.narrator import MODES, Telling, mode, narrator, wanted
from app.cli.command import Command
from app.cli.console import advise, complain, on_terminal, say, warn
from app.cli.flags import Arguments
from app.cli.verbs.build_flags import BUILD_FLAGS
from engine.build.request import Request
from engine.errors import EngineError, InvalidInput, StepFailed, Unsupported

if TYPE_CHECKING:
    from app.cli.build.narrator import Narrator
    from engine.engine import Engine

CANCELLED = 130
LANGUAGES = ("build-context", "cache-from", "output", "secret", "ssh")
"""Flags that are little languages, which few builds need read."""


def _run(engine: Engine, arguments: Arguments) -> int:
    _check_together(arguments)
    telling = _telling(arguments)
    request = requested(arguments, os.environ)
    if arguments.switch("check") or arguments.text("call") in ("check", "lint"):
        from app.cli.build.findings import check

        return check(engine, request)
    id_file = arguments.text("iidfile")
    if id_file:
        _remove(id_file)
    teller = narrator(telling, engine.builds.dockerfile)
    image, code = _built(engine, request, teller, shell=telling.shell)
    if code:
        return code
    if id_file:
        with open(id_file, "w", encoding="ascii") as file:
            file.write(image)
    if telling.mode == "quiet" and image:
        say(image)
    return 0


def _built(engine: Engine, request: Request, teller: Narrator, *, shell: bool) -> tuple[str, int]:
    """Build, and give the image and the exit code; a failure that was told is not told again."""
    try:
        return engine.builds.build(request, teller).image, 0
    except KeyboardInterrupt:
        teller.close()
        if teller.failure is None:
            warn("the build was cancelled")
        return "", CANCELLED
    except EngineError as error:
        teller.close()
        failure = teller.failure
        if failure is None:
            complain(error)
            return "", 1
        advise(error)
        if failure.cancelled:
            return "", CANCELLED
        if shell and isinstance(error, StepFailed):
            _look_around(engine, error)
        return "", failure.code or 1
    finally:
        teller.close()


def _look_around(engine: Engine, error: StepFailed) -> None:
    """Open a shell on what there was before the step that failed."""
    if not error.image:
        warn(f"Before step {error.step} there is nothing to look around in.")
        return
    warn(f"\nA shell on the state right before step {error.step}; what you change there is forgotten.")
    try:
        from app.lending import lend
        from app.output import size

        with engine.builds.shell(error.image, error.environment, size()) as session:
            lend(session, b"")
    except EngineError as problem:
        complain(problem)


def requested(arguments: Arguments, environment: Mapping[str, str]) -> Request:
    """Add the words up to what the engine is asked for; raises InvalidInput with docker's sentences."""
    context, dockerfile = arguments.positional[0], arguments.text("file")
    if context == "-" and dockerfile == "-":
        raise InvalidInput("invalid argument: can't use stdin for both build context and dockerfile")
    values = _arguments(arguments.words("build-arg"))
    request = Request(
        context=context,
        folder=os.getcwd(),
        dockerfile=dockerfile,
        stream=sys.stdin.buffer if "-" in (context, dockerfile) else None,
        tags=tuple(arguments.words("tag")),
        arguments=values,
        environment={
            name: environment[name] for name, value in values.items() if value is None and name in environment
        },
        target=arguments.text("target"),
        labels=_labels(arguments.words("label")),
        no_cache=arguments.switch("no-cache"),
        no_cache_filter=tuple(
            name for word in arguments.words("no-cache-filter") for name in word.split(",") if name
        ),
        pull=arguments.switch("pull"),
        network=arguments.text("network", "default"),
        platform=arguments.text("platform"),
        squash=arguments.switch("squash"),
        hosts=tuple(arguments.words("add-host")),
        memory=int(arguments.text("memory", "0")),
        shm_size=int(arguments.text("shm-size", "0")),
        ulimits=tuple(arguments.words("ulimit")),
    )
    if any(map(arguments.given, LANGUAGES)):
        from app.cli.build.fields import added

        request = added(request, arguments, environment)
    return request


def _check_together(arguments: Arguments) -> None:
    if arguments.given("rm") and not arguments.switch("rm"):
        raise Unsupported(
            "--rm=false is not supported: steps leave no containers that could be kept",
            resolution="--debug-shell opens a shell on the state right before a failing step",
        )
    if not arguments.switch("disable-content-trust", True):
        raise Unsupported("--disable-content-trust=false is not supported: signatures are not verified")
    if any(word in ("-", "type=tar,dest=-") for word in arguments.words("output")) and sys.stdout.isatty():
        raise InvalidInput("dest file is required for tar exporter. refusing to write to console")
    if arguments.switch("debug-shell") and not on_terminal():
        raise InvalidInput("--debug-shell needs a terminal for its shell")


def _telling(arguments: Arguments) -> Telling:
    given = arguments.text("progress") if arguments.given("progress") else None
    try:
        chosen = wanted(None if given is None else mode(given), os.environ)
    except ValueError:
        raise InvalidInput(
            f'invalid value "{given}" passed to --progress, valid values are: {", ".join(MODES)}'
        ) from None
    to_stderr = any(word == "-" or "dest=-" in word.split(",") for word in arguments.words("output"))
    return Telling(
        "quiet" if arguments.switch("quiet") else chosen,
        to_stderr,
        arguments.switch("force-rm"),
        arguments.switch("debug-shell"),
    )


def _arguments(words: list[str]) -> dict[str, str | None]:
    """Read `NAME=VALUE`; a bare NAME takes its value from here when the build needs it."""
    return {name: value if equals else None for name, equals, value in (w.partition("=") for w in words)}


def _labels(words: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _remove(path: str) -> None:
    """Take an older id file away, so that a failed build leaves none."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


BUILD = Command("[OPTIONS] PATH | URL | -", "Build an image from a Dockerfile", _run, BUILD_FLAGS, 1, 1)
