"""`watch`: an image that follows its files, and a container that follows its image."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import warn
from app.cli.flags import PROGRAM, Arguments, Flag, UsageError, parse
from app.cli.verbs.build import requested
from app.cli.verbs.build_flags import BUILD_FLAGS

if TYPE_CHECKING:
    from engine.build.request import Request
    from engine.cancelling import Cancel
    from engine.containers.options import Options
    from engine.develop.request import Rule
    from engine.engine import Engine

INTERRUPTED = 130
WITHOUT = frozenset((
    "call", "check", "debug-shell", "iidfile", "load", "output", "progress", "quiet", "squash",
))  # fmt: skip
"""Flags of a single build: a watch makes one image after the other, and tells them in its own way."""


def _run(engine: Engine, arguments: Arguments) -> int:
    import signal

    from app.cli.watching.telling import Telling
    from engine.cancelling import Cancel
    from engine.develop.request import Watched

    request = requested(arguments, os.environ)
    run = _container(arguments.text("run"), request) if arguments.given("run") else None
    source = _source(arguments.text("develop"), request)
    watched = Watched(request, run, _rules(source), source)
    telling, cancel = Telling(), Cancel()
    tied = arguments.switch("tied")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if tied:
        _end_with_input(cancel)
    try:
        for event in engine.watches.watch(watched, cancel, tied=tied):
            if not tied:  # whoever started it reads the journal
                telling(event)
    except KeyboardInterrupt:
        for name in telling.running:
            warn(f"{name} goes on; `{PROGRAM} rm -f {name}` ends it")
        return INTERRUPTED
    return 0


def _source(given: str, request: Request) -> str:
    """Name the file of rules: the one that was given, else the usual one if it is there."""
    from app.cli.watching.rules import NAME

    usual = os.path.join(request.folder, request.context, NAME)
    return given or (usual if os.path.exists(usual) else "")


def _rules(source: str) -> tuple[Rule, ...]:
    if not source:
        return ()
    from app.cli.watching.rules import rules

    return rules(source)


def _container(text: str, request: Request) -> Options:
    """Read the flags of `run`; what follows them is the container's command."""
    from app.cli.verbs.options import dangers, options
    from app.cli.verbs.run import RUN

    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError(f'--run "{text}": a quotation mark is not closed') from None
    found = parse("run", RUN.flags, ["-d", *words], interspersed=False)
    if found.words("attach"):
        raise UsageError("--run: -a is not supported: the container runs in the background, its log is shown")
    found.positional.insert(0, "")
    chosen = options(found)
    for danger in dangers(chosen):
        warn(f"WARNING: {danger}")
    return chosen if chosen.name else chosen._replace(name=_name(request))


def _name(request: Request) -> str:
    """Name the container after the image, else after the context's folder."""
    from engine.oci.reference import Reference

    if request.tags:
        word = Reference.parse(request.tags[0]).familiar.rpartition("/")[2].partition(":")[0]
    else:
        word = os.path.basename(os.path.realpath(os.path.join(request.folder, request.context)))
    clean = re.sub(r"[^a-zA-Z0-9_.-]+", "-", word).lstrip("_.-")
    return clean if len(clean) > 1 else f"{clean or 'watch'}-watched"


def _end_with_input(cancel: Cancel) -> None:
    """End when whoever started us is gone: he holds the other end of our standard input."""
    import threading

    def wait() -> None:
        while os.read(0, 4096):
            pass
        cancel.cancel()

    threading.Thread(target=wait, daemon=True, name="input").start()


WATCH = Command(
    "[OPTIONS] PATH",
    "Build again whenever a file is saved, and replace the container that runs it",
    _run,
    (
        *(flag for flag in BUILD_FLAGS if flag.name not in WITHOUT),
        Flag("develop", "string", "File with a develop: section of rules (default PATH/stackyard.yaml)"),
        Flag("run", "string", 'Run the image with these flags of `run`, and a command ("-e MODE=dev")'),
        Flag("tied", "bool", "", hidden=True),
    ),
    1,
    1,
)
