"""Which words of which instruction have their variables put in.

Follows https://docs.docker.com/reference/dockerfile/#environment-replacement: what a shell will read (RUN,
CMD, ENTRYPOINT, HEALTHCHECK) is left to that shell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.dockerfile import words
from engine.dockerfile.instructions import (
    Arg,
    Copy,
    Env,
    Expose,
    From,
    Instruction,
    Label,
    Run,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from engine.errors import InvalidInput

_Said = TypeVar("_Said", bound=Instruction | From)


def expanded(instruction: _Said, variables: Mapping[str, str], escape: str = "\\") -> _Said:
    """Return an instruction with its variables put in; raises InvalidInput with docker's sentence."""
    action = _ACTIONS.get(type(instruction))
    if action is None:
        return instruction
    outcome: _Said = action(instruction, variables, escape)
    return outcome


def _from(said: From, variables: Mapping[str, str], escape: str) -> From:
    return said._replace(
        image=words.expand(said.image, variables, escape),
        platform=words.expand(said.platform, variables, escape),
    )


def _arg(said: Arg, variables: Mapping[str, str], escape: str) -> Arg:
    return said._replace(
        variables=tuple(
            (name, default if default is None else words.expand(default, variables, escape))
            for name, default in said.variables
        )
    )


def _pairs(said: Env | Label, variables: Mapping[str, str], escape: str) -> Env | Label:
    return said._replace(
        pairs=tuple(
            (words.expand(name, variables, escape), words.expand(value, variables, escape))
            for name, value in said.pairs
        )
    )


def _copy(said: Copy, variables: Mapping[str, str], escape: str) -> Copy:
    if said.source_from and words.expand(said.source_from, {}, escape) != said.source_from:
        raise InvalidInput(
            "variable expansion is not supported for --from, define a new stage with FROM using ARG from"
            " global scope as a workaround"
        )
    return said._replace(
        sources=tuple(words.expand(source, variables, escape) for source in said.sources),
        target=words.expand(said.target, variables, escape),
        owner=words.expand(said.owner, variables, escape),
        mode=words.expand(said.mode, variables, escape),
        checksum=words.expand(said.checksum, variables, escape),
        heredocs=tuple(
            heredoc._replace(content=words.expand_document(heredoc.content, variables))
            if heredoc.expand
            else heredoc
            for heredoc in said.heredocs
        ),
    )


def _run(said: Run, variables: Mapping[str, str], escape: str) -> Run:
    if not said.mounts:
        return said
    return said._replace(mounts=tuple(_mount(mount, variables, escape) for mount in said.mounts))


def _mount(text: str, variables: Mapping[str, str], escape: str) -> str:
    """Expand the values of `key=value,…`, each on its own, so that no value can add a field."""
    if "$" not in text and "'" not in text and '"' not in text and escape not in text:
        return text
    fields = []
    for field in fields_of(text):
        key, equals, value = field.partition("=")
        field = key + equals + words.expand(value, variables, escape)
        fields.append('"' + field.replace('"', '""') + '"' if "," in field or '"' in field else field)
    return ",".join(fields)


def fields_of(text: str) -> list[str]:
    """Read one line of comma separated values, as `--mount` is written; raises InvalidInput."""
    fields, at = [], 0
    while True:
        if text[at : at + 1] != '"':
            end = text.find(",", at)
            fields.append(text[at:] if end < 0 else text[at:end])
            if '"' in fields[-1]:
                raise InvalidInput(f'bare " in the field {fields[-1]}')
        else:
            field, end = _quoted_field(text, at + 1)
            fields.append(field)
        if end < 0 or end >= len(text):
            return fields
        at = end + 1


def _quoted_field(text: str, at: int) -> tuple[str, int]:
    field = ""
    while (end := text.find('"', at)) >= 0:
        field += text[at:end]
        if text[end + 1 : end + 2] != '"':
            if text[end + 1 : end + 2] not in ("", ","):
                raise InvalidInput(f'extraneous or missing " in the field {field}')
            return field, end + 1
        field, at = field + '"', end + 2
    raise InvalidInput(f'extraneous or missing " in the field {text[at:]}')


def _expose(said: Expose, variables: Mapping[str, str], escape: str) -> Expose:
    return said._replace(
        ports=tuple(port for text in said.ports for port in words.split(text, variables, escape))
    )


def _volume(said: Volume, variables: Mapping[str, str], escape: str) -> Volume:
    return said._replace(paths=tuple(words.expand(path, variables, escape) for path in said.paths))


def _workdir(said: Workdir, variables: Mapping[str, str], escape: str) -> Workdir:
    return said._replace(path=words.expand(said.path, variables, escape))


def _user(said: User, variables: Mapping[str, str], escape: str) -> User:
    return said._replace(user=words.expand(said.user, variables, escape))


def _signal(said: StopSignal, variables: Mapping[str, str], escape: str) -> StopSignal:
    return said._replace(signal=words.expand(said.signal, variables, escape))


_ACTIONS: dict[type, Callable[..., Any]] = {
    From: _from,
    Arg: _arg,
    Env: _pairs,
    Label: _pairs,
    Copy: _copy,
    Run: _run,
    Expose: _expose,
    Volume: _volume,
    Workdir: _workdir,
    User: _user,
    StopSignal: _signal,
}
