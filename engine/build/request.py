"""What a build is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, NamedTuple


class Secret(NamedTuple):
    """A value that a RUN may see and no layer keeps: the file or the environment variable it is read from."""

    id: str
    path: str = ""
    variable: str = ""


class Agent(NamedTuple):
    """An ssh agent's socket, or keys, that a RUN may use."""

    id: str
    paths: tuple[str, ...] = ()
    """Empty: the agent that SSH_AUTH_SOCK names."""


class Destination(NamedTuple):
    """Where `--output` wants the result: kind is local, tar, oci, docker or image."""

    kind: str
    place: str = ""
    """A path; `-` is standard output."""
    options: Mapping[str, str] = {}


class Request(NamedTuple):
    """One build. Paths are the caller's, relative ones from `folder`."""

    context: str = ""
    """A directory, a git address, a URL, or `-` for `stream`; empty for none."""
    folder: str = "."
    dockerfile: str = ""
    """`-f`: a path, inside the context if that is no directory; `-` is `stream`; empty: the usual names."""
    stream: BinaryIO | None = None
    """Standard input, where the context or the Dockerfile comes from it."""
    tags: tuple[str, ...] = ()
    arguments: Mapping[str, str | None] = {}
    """`--build-arg`; None takes the value from `environment`."""
    environment: Mapping[str, str] = {}
    target: str = ""
    labels: Mapping[str, str] = {}
    no_cache: bool = False
    no_cache_filter: tuple[str, ...] = ()
    """Stages that are carried out anew."""
    pull: bool = False
    network: str = "default"
    platform: str = ""
    secrets: tuple[Secret, ...] = ()
    agents: tuple[Agent, ...] = ()
    cache_from: tuple[str, ...] = ()
    """Images or archives whose steps count as done."""
    squash: bool = False
    output: tuple[Destination, ...] = ()
    hosts: tuple[str, ...] = ()
    """`--add-host`: `name:address`."""
    memory: int = 0
    shm_size: int = 0
    ulimits: tuple[str, ...] = ()
    contexts: Mapping[str, str] = {}
    """`--build-context`: names for `--from` and FROM, each a directory or an image."""
