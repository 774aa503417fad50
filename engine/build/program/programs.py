"""RUN as a step: the command line its shell gets, what it sees, and the layer it leaves."""

from __future__ import annotations

import codecs
import errno
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.build import canonical
from engine.build.cache import Facts, Kin, digest
from engine.build.deed import Deed, hashed
from engine.build.events import Output
from engine.build.hashing import Hashing
from engine.dockerfile.instructions import Command, Run
from engine.errors import InvalidInput, StepFailed, from_os

if TYPE_CHECKING:
    from engine.build.program.execution import Ran
    from engine.build.program.mounting import Mounts
    from engine.build.stage import StageRun
    from engine.runtime.attachments import Attachment

_SCRIPT = re.compile(r"\d*<<-?\s*(['\"]?)([^\s<'\"]+)\1")
_SCRIPTS = "/dev/pipes"


def run_deed(run: StageRun, number: int, instruction: Run) -> Deed:
    """Work out a RUN; raises InvalidInput for what is refused."""
    _refuse(instruction)
    scripts: list[Attachment] = []
    words = command_line(instruction.command, run.execution.get("Shell") or canonical.DEFAULT_SHELL, scripts)
    arguments = run.scope.active(run.execution)
    text = canonical.run_by(words, arguments)
    options = [f"network={instruction.network}"] if instruction.network else []
    mounts = _mounts(run, instruction)
    options += instruction.mounts
    scripted = "".join(script.content.decode("utf-8", "surrogateescape") for script in scripts)
    facts = Facts(
        run.key,
        digest(*words, scripted),
        hashed(arguments),
        mounts.reads if mounts else "",
        "\n".join(options),
    )

    def do(_: Kin | None) -> Hashing | None:
        if mounts is None:
            return _carry_out(run, number, instruction, words, scripts, _environment(run))
        from engine.build.program.mounting import held

        with held(run, mounts) as given:
            environment = (*given.defaults, *_environment(run), *given.environment)
            return _carry_out(run, number, instruction, words, (*given.attachments, *scripts), environment)

    return Deed(text, facts, run.execution, do, lambda _: "what it mounts changed")


def command_line(command: Command, shell: Sequence[str], scripts: list[Attachment]) -> tuple[str, ...]:
    """Return the words to execute; a heredoc with a `#!` line becomes a file that is mounted."""
    if not command.shell:
        if not command.words:
            raise InvalidInput("RUN needs a command")
        return command.words
    text = command.words[0] if command.words else ""
    if not command.heredocs:
        return (*shell, text)
    first = command.heredocs[0]
    if not _SCRIPT.fullmatch(text.strip()):
        return (*shell, "".join([text, *(f"\n{doc.content}{doc.name}" for doc in command.heredocs)]))
    if not first.content.startswith("#!"):
        return (*shell, first.content)
    from engine.runtime.attachments import Attachment

    path = f"{_SCRIPTS}/{first.name}"
    content = first.content.encode("utf-8", "surrogateescape")
    scripts.append(Attachment("file", path, content=content, mode=0o755))
    return (path,)


def _refuse(instruction: Run) -> None:
    if instruction.security and instruction.security != "sandbox":
        raise InvalidInput(
            f"--security={instruction.security} is refused: a build's programs never get more rights",
            resolution="leave the flag out",
        )
    if instruction.devices:
        raise InvalidInput("--device is refused: a build's programs get no devices of the machine")
    if instruction.network not in ("", "default", "host", "none"):
        raise InvalidInput(f"invalid network mode: {instruction.network}", resolution="default, host or none")


def _mounts(run: StageRun, instruction: Run) -> Mounts | None:
    if not instruction.mounts:
        return None
    from engine.build.program.mounting import work_out

    return work_out(run, instruction.mounts)


def _limits(texts: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
    if not texts:
        return ()
    from engine.build.program.limits import parsed

    return tuple(map(parsed, texts))


def _environment(run: StageRun) -> tuple[str, ...]:
    seen = {**run.scope.active(run.execution), **run.scope.proxies(run.execution)}
    return (*(run.execution.get("Env") or ()), *(f"{name}={value}" for name, value in seen.items()))


def _carry_out(
    run: StageRun,
    number: int,
    instruction: Run,
    words: tuple[str, ...],
    mounts: Sequence[Attachment],
    environment: tuple[str, ...],
) -> Hashing:
    from engine.build.program import execution
    from engine.layers.pack import measure

    request = run.work.request
    decoders = [codecs.getincrementaldecoder("utf-8")("surrogateescape") for _ in range(2)]

    def printed(stream: int, data: bytes) -> None:
        if text := decoders[stream - 1].decode(data):
            run.work.report(Output(number, stream, text))
        run.work.check()

    job = execution.Job(
        words,
        environment,
        run.execution.get("User") or "",
        run.execution.get("WorkingDir") or "",
        tuple(run.chain.lowers()),
        run.folder(),
        run.container[:12],
        instruction.network if instruction.network not in ("", "default") else request.network,
        tuple(mounts),
        request.hosts,
        request.memory,
        request.shm_size,
        _limits(request.ulimits),
    )
    ran = execution.run(run.work.runner(), job, run.work.snapshotter, printed)
    if ran.code:
        shown = f"The command '{' '.join(words)}' returned a non-zero code: {ran.code}"
        details, resolution = _reason(ran, job.folder)
        raise StepFailed(shown, step=number, line=0, code=ran.code, details=details, resolution=resolution)
    return Hashing(ran.layer, lambda: measure(ran.layer))


def _reason(ran: Ran, folder: str) -> tuple[str | None, str | None]:
    """Say what a program itself often cannot tell, and what to do about it."""
    if ran.oom_killed:
        return "it was killed for want of memory", None
    disk = os.statvfs(folder)
    if not disk.f_bavail or (disk.f_files and not disk.f_favail):
        reason = os.strerror(errno.ENOSPC)
        return reason.lower(), from_os(OSError(errno.ENOSPC, reason), "").resolution
    return None, None
