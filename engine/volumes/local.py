"""The local driver's options: what they must be, and the mount they stand for.

A volume without options is its own directory. One with options is a file system that each container mounts
for itself, in its own mount namespace; nothing stays mounted on the host. One in memory lives for as long as
a container runs with it: the next one to start takes the mount over from one that runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from engine.errors import InvalidInput, StartFailed
from engine.kernel import mounts

IN_MEMORY = frozenset(("tmpfs", "ramfs"))
"""File systems that are made anew where they are mounted; others are the same everywhere."""

_NEEDS = {"device": ("type",), "type": ("device",), "o": ("device", "type")}


class Source(NamedTuple):
    """What to mount where a volume is wanted, as an OCI mount has it."""

    type: str
    source: str
    options: tuple[str, ...] = ()


def check(options: Mapping[str, str]) -> None:
    """Raise InvalidInput, in docker's words, for options that cannot be."""
    for key in options:
        if key == "size":
            raise InvalidInput("quota size requested but no quota support")
        if key not in _NEEDS:
            raise InvalidInput(f'invalid option: "{key}"')
    for key in options:
        for needed in _NEEDS[key]:
            if needed not in options:
                raise InvalidInput(f'missing required option: "{needed}"')


def source(options: Mapping[str, str], directory: str) -> Source:
    """Name what a volume with these options mounts; `directory` is its own.

    Raises StartFailed where a bind's device is not there.
    """
    if not options:
        return Source("bind", directory, ("rbind", "rprivate"))
    words = tuple(word for word in options.get("o", "").split(",") if word)
    device = options["device"]
    if {"bind", "rbind"} & set(words):
        if not os.path.lexists(device):
            raise StartFailed(
                f"error while mounting volume '{directory}': failed to mount local volume: mount "
                f"{device}:{directory}, flags: 0x1000: no such file or directory",
                127,
            )
        return Source("bind", device, (*words, "rprivate"))
    return Source(options["type"], device, tuple(map(_resolved, words)))


def _resolved(word: str) -> str:
    """Put an address in the place of the host name in `addr=`, which the kernel cannot look up."""
    key, _, host = word.partition("=")
    if key != "addr" or not any(letter.isalpha() for letter in host) or ":" in host:
        return word
    import socket

    try:
        return f"addr={socket.gethostbyname(host)}"
    except OSError as error:
        raise StartFailed(f"error resolving passed in network volume address: {host}: {error}", 125) from None


@contextmanager
def opened(options: Mapping[str, str], directory: str) -> Iterator[int | None]:
    """Yield a descriptor of the volume's root, mounted nowhere; None for a file system in memory.

    What is put there would be gone with the descriptor. Raises OSError.
    """
    found = source(options, directory)
    if found.type in IN_MEMORY:
        yield None
        return
    if found.type == "bind":
        root = os.open(found.source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    else:
        words = (word.partition("=") for word in found.options)
        pairs = [(key, value if equals else None) for key, equals, value in words]
        tree = mounts.create(found.type, [("source", found.source), *pairs])
        try:
            root = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=tree)
        finally:
            os.close(tree)
    try:
        yield root
    finally:
        os.close(root)
