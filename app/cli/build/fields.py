"""Flags of `build` that are little languages of their own: `id=key,src=~/.netrc`, `type=tar,dest=-`.

The sentences for what cannot be read are docker's and BuildKit's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from app.cli.flags import Arguments
from app.cli.verbs.build_flags import NO_PUSH
from app.units import quoted
from engine.build.request import Agent, Destination, Request, Secret
from engine.errors import InvalidInput, Unsupported

Read = TypeVar("Read")

KINDS = ("local", "tar", "oci", "docker", "image")
"""What `--output type=` may be."""


def added(request: Request, arguments: Arguments, environment: Mapping[str, str]) -> Request:
    """Add what these flags say to a request, and to its environment what they read there."""
    read = secrets(arguments.words("secret"), environment)
    needed = [secret.variable for secret in read if secret.variable]
    needed += ["SSH_AUTH_SOCK"] if arguments.given("ssh") else []
    return request._replace(
        secrets=read,
        agents=agents(arguments.words("ssh"), environment),
        cache_from=cache_sources(arguments.words("cache-from")),
        output=destinations(arguments.words("output")),
        contexts=contexts(arguments.words("build-context")),
        environment={
            **request.environment,
            **{name: environment[name] for name in needed if name in environment},
        },
    )


def secrets(words: Iterable[str], environment: Mapping[str, str]) -> tuple[Secret, ...]:
    """Read every `--secret id=NAME[,src=PATH|,env=VARIABLE]`; without either, NAME is one of them."""
    return _each("secrets", words, lambda word: _secret(word, environment))


def _secret(word: str, environment: Mapping[str, str]) -> Secret:
    kind, secret = "", Secret("")
    for key, value, field in _pairs(word):
        if key == "type":
            if value not in ("file", "env"):
                raise InvalidInput(f"unsupported secret type {quoted(value)}")
            kind = value
        elif key == "id":
            secret = secret._replace(id=value)
        elif key in ("source", "src"):
            secret = secret._replace(path=value)
        elif key == "env":
            secret = secret._replace(variable=value)
        else:
            raise InvalidInput(f"unexpected key '{key}' in '{field}'")
    if not secret.id:
        raise InvalidInput("secret missing ID")
    return _located(secret, kind, environment)


def _located(secret: Secret, kind: str, environment: Mapping[str, str]) -> Secret:
    """Settle where a secret is read from, and that it can be."""
    if kind == "env" and not secret.variable:
        secret = Secret(secret.id, "", secret.path or secret.id)
    elif not secret.variable and not secret.path:
        named = secret.id in environment and kind != "file"
        secret = secret._replace(**{"variable" if named else "path": secret.id})
    if secret.path and not secret.variable:
        _exists(secret.path, f"failed to stat {secret.path}: ")
    return secret


def agents(words: Iterable[str], environment: Mapping[str, str]) -> tuple[Agent, ...]:
    """Read every `--ssh default|ID[=SOCKET|KEY[,KEY]]`."""
    return _each("ssh", words, lambda word: _agent(word, environment))


def _agent(word: str, environment: Mapping[str, str]) -> Agent:
    id, equals, rest = word.partition("=")
    paths = tuple(rest.split(",")) if equals else ()
    if not paths and not environment.get("SSH_AUTH_SOCK"):
        raise InvalidInput("invalid empty ssh agent socket, make sure SSH_AUTH_SOCK is set")
    for path in paths:
        _exists(path, "")
    return Agent(id, paths)


def _exists(path: str, lead: str) -> None:
    try:
        os.stat(path)
    except OSError as error:
        raise InvalidInput(f"{lead}stat {path}: {(error.strerror or str(error)).lower()}") from None


def _each(what: str, words: Iterable[str], read: Callable[[str], Read]) -> tuple[Read, ...]:
    """Read every word; what is wrong with one is told as BuildKit tells it."""
    found = []
    for word in words:
        try:
            found.append(read(word))
        except InvalidInput as error:
            raise InvalidInput(f"could not parse {what}: [{word}]: {error.brief}") from None
    return tuple(found)


def destinations(words: Sequence[str]) -> tuple[Destination, ...]:
    """Read every `--output DIRECTORY|-|type=KIND[,dest=PATH][,NAME=VALUE]`."""
    return tuple(map(_destination, words))


def _destination(word: str) -> Destination:
    columns = _columns(word)
    if columns == [word] and not word.startswith("type="):
        return Destination("tar", "-") if word == "-" else Destination("local", word)
    options: dict[str, str] = {}
    for field in columns:
        key, equals, value = field.partition("=")
        if not equals:
            raise InvalidInput(f"failed to parse outputs: invalid value {field}")
        options[key.lower()] = value
    kind, place = options.pop("type", ""), options.pop("dest", "")
    if not kind:
        raise InvalidInput("failed to parse outputs: type is required for output")
    if kind == "registry" or options.get("push") == "true":
        raise Unsupported("a build does not push", details=NO_PUSH)
    if kind not in KINDS:
        raise InvalidInput(f"exporter {quoted(kind)} could not be found")
    if kind in ("local", "tar", "oci") and not place:
        raise InvalidInput(f"dest is required for {kind} output")
    return Destination(kind, place, options)


def cache_sources(words: Iterable[str]) -> tuple[str, ...]:
    """Read every `--cache-from IMAGE|ARCHIVE[,…]`, and BuildKit's `type=registry,ref=IMAGE`."""
    found: list[str] = []
    for word in words:
        fields = _columns(word)
        if not any(field.startswith("type=") for field in fields):
            found += [field.removeprefix("ref=") for field in fields if field]
            continue
        named = dict(field.partition("=")[::2] for field in fields)
        if named["type"] == "registry" and named.get("ref"):
            found.append(named["ref"])
            continue
        raise Unsupported(
            f"--cache-from {word}: steps are taken from images and archives only",
            resolution="name an image, or an archive that `stackyard save` wrote",
        )
    return tuple(found)


def contexts(words: Iterable[str]) -> dict[str, str]:
    """Read every `--build-context NAME=VALUE`."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name or not value:
            raise InvalidInput(f"invalid context value: {word}, expected key=value")
        found[name.lower()] = value
    return found


def _pairs(word: str) -> Iterator[tuple[str, str, str]]:
    """Yield key, value and the field itself of comma-separated `key=value` fields."""
    for field in _columns(word):
        key, equals, value = field.partition("=")
        if not equals:
            raise InvalidInput(f"invalid field '{field}' must be a key=value pair")
        yield key.lower(), value, field


def _columns(word: str) -> list[str]:
    """Split at commas, but not within double quotes."""
    if '"' not in word:
        return word.split(",")
    from csv import Error, reader

    try:
        return next(reader([word], strict=True), [])
    except Error as error:
        raise InvalidInput(f"cannot read {quoted(word)}: {error}") from None
