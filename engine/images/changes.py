"""What the instructions of a Dockerfile that touch no file do to an image's config.

As docker's classic builder does it; `--change` of import and commit does the same.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from typing import Any

from engine.dockerfile.errors import DockerfileError, Fault
from engine.dockerfile.expansion import expanded
from engine.dockerfile.instructions import (
    Cmd,
    Command,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Instruction,
    Label,
    Onbuild,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from engine.dockerfile.node import upper
from engine.dockerfile.parser import parse_lines
from engine.dockerfile.ports import port
from engine.dockerfile.syntax import said
from engine.errors import InvalidInput

_SHELL = ("/bin/sh", "-c")
_PLACE = re.compile(r"(?:dockerfile parse error on line \d+|failed to parse Dockerfile): ")
_ALLOWED = frozenset(
    ("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "USER", "VOLUME", "WORKDIR")
)

Execution = dict[str, Any]


def change(execution: Execution, lines: Sequence[str]) -> None:
    """Apply the lines of a Dockerfile that import's and commit's `--change` take.

    Raises InvalidInput with docker's sentence, before anything is changed by a line that cannot be read.
    """
    if lines:
        given = False
        for instruction in _understood("\n".join(lines)):
            apply(expanded(instruction, _variables(execution)), execution, cmd_given=given)
            given = given or gives_cmd(instruction)
            # Here, and not in a build, docker writes an empty CMD as none.
            if execution.get("Cmd") == []:
                execution["Cmd"] = None


def _understood(text: str) -> list[Instruction]:
    # A line of the command line has no number that would mean anything to whoever typed it.
    try:
        nodes = parse_lines(text).nodes
        for node in nodes:
            if upper(node.name) not in _ALLOWED:
                raise InvalidInput(f"{node.name.lower()} is not a valid change command")
        return [found for found in map(said, nodes) if not isinstance(found, From)]
    except DockerfileError as error:
        raise InvalidInput(_PLACE.sub("", error.brief, 1), resolution=error.resolution) from None
    except Fault as fault:
        raise InvalidInput(str(fault)) from None


def _variables(execution: Execution) -> dict[str, str]:
    return dict(entry.partition("=")[::2] for entry in execution.get("Env") or ())


def apply(instruction: Instruction, execution: Execution, *, cmd_given: bool = False) -> None:
    """Change a config's `config` member by an instruction whose variables are put in.

    `cmd_given`: this build gave a CMD already (`gives_cmd`). Raises InvalidInput.
    """
    if isinstance(instruction, Entrypoint):
        execution["Entrypoint"] = _command(instruction.command, execution) or None
        if not cmd_given:
            execution["Cmd"] = None
        return
    action = _ACTIONS.get(type(instruction))
    if action is not None:
        action(instruction, execution)


def gives_cmd(instruction: Instruction) -> bool:
    """Say whether an instruction is a CMD that a later ENTRYPOINT leaves alone: an empty one is not."""
    return isinstance(instruction, Cmd) and bool(instruction.command.words)


def _cmd(said: Cmd, execution: Execution) -> None:
    execution["Cmd"] = _command(said.command, execution)


def _command(command: Command, execution: Execution) -> list[str]:
    shell = (execution.get("Shell") or _SHELL) if command.shell else ()
    return [*shell, *command.words]


def _env(said: Env, execution: Execution) -> None:
    entries = list(execution.get("Env") or ())
    for name, value in said.pairs:
        if not name:
            raise InvalidInput("ENV names can not be blank")
        _set(entries, name, value)
    execution["Env"] = entries


def _set(entries: list[str], name: str, value: str) -> None:
    """Replace a variable where it stands, or put it last."""
    for at, entry in enumerate(entries):
        if entry.partition("=")[0] == name:
            entries[at] = f"{name}={value}"
            return
    entries.append(f"{name}={value}")


def _label(said: Label, execution: Execution) -> None:
    execution["Labels"] = {**(execution.get("Labels") or {}), **dict(said.pairs)}


def _expose(said: Expose, execution: Execution) -> None:
    ports = {name: {} for text in said.ports for name in port(text).names()}  # type: dict[str, Any]
    execution["ExposedPorts"] = {**(execution.get("ExposedPorts") or {}), **ports}


def _volume(said: Volume, execution: Execution) -> None:
    if "" in said.paths:
        raise InvalidInput("VOLUME specified can not be an empty string")
    execution["Volumes"] = {**(execution.get("Volumes") or {}), **{path: {} for path in said.paths}}


def _workdir(said: Workdir, execution: Execution) -> None:
    if not said.path:
        raise InvalidInput("cannot normalize nothing")
    if said.path.startswith("/"):
        execution["WorkingDir"] = said.path
        return
    path = posixpath.join("/", execution.get("WorkingDir") or "", said.path)
    execution["WorkingDir"] = "/" + posixpath.normpath(path).lstrip("/")


def _user(said: User, execution: Execution) -> None:
    execution["User"] = said.user


def _stop_signal(said: StopSignal, execution: Execution) -> None:
    from engine.runtime.signals import number_of

    number_of(said.signal)
    execution["StopSignal"] = said.signal


def _shell(said: Shell, execution: Execution) -> None:
    execution["Shell"] = list(said.words)


def _healthcheck(said: Healthcheck, execution: Execution) -> None:
    times = {
        "Interval": said.interval,
        "Timeout": said.timeout,
        "StartPeriod": said.start_period,
        "StartInterval": said.start_interval,
        "Retries": said.retries,
    }
    execution["Healthcheck"] = {
        "Test": list(said.test), **{name: value for name, value in times.items() if value}
    }  # fmt: skip


def _onbuild(said: Onbuild, execution: Execution) -> None:
    execution["OnBuild"] = [*(execution.get("OnBuild") or ()), said.text]


_ACTIONS: dict[type, Callable[[Any, Execution], None]] = {
    Cmd: _cmd,
    Env: _env,
    Expose: _expose,
    Healthcheck: _healthcheck,
    Label: _label,
    Onbuild: _onbuild,
    Shell: _shell,
    StopSignal: _stop_signal,
    User: _user,
    Volume: _volume,
    Workdir: _workdir,
}
