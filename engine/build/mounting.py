"""The `--mount`s of a RUN in a build: what they read, for the step's key, and what they give its program."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from engine.build.cache import digest
from engine.build.provisions import Provided, Supply, provided
from engine.build.sources import clean, resolve
from engine.build.tree import Tree
from engine.dockerfile.runmount import RunMount, understood
from engine.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from engine.build.stage import StageRun


class Mounts(NamedTuple):
    """The mounts of one RUN, worked out."""

    wanted: tuple[RunMount, ...]
    reads: str
    """A digest of the files that a bind or a new cache takes from elsewhere; empty if there are none."""


def work_out(run: StageRun, texts: Sequence[str]) -> Mounts:
    """Understand the mounts and digest what they read. Raises InvalidInput, NotFound."""
    wanted = tuple(understood(text) for text in texts)
    reads = [_digest(run, mount) for mount in wanted if mount.type == "bind"]
    return Mounts(wanted, digest(*reads) if reads else "")


@contextmanager
def held(run: StageRun, mounts: Mounts) -> Iterator[Provided]:
    """Hold ready inside the block what the mounts ask for. Raises EngineError."""
    request = run.work.request
    supply = Supply(
        run.work.store.paths,
        run.folder(),
        run.execution.get("WorkingDir") or "/",
        lambda name: _layers(run, name),
        {secret.id: secret for secret in request.secrets},
        {agent.id: agent for agent in request.agents},
        request.environment,
        os.path.abspath(request.folder),
        run.work.check,
    )
    with provided(mounts.wanted, supply) as given:
        yield given


def _digest(run: StageRun, mount: RunMount) -> str:
    """Digest what a bind shows; the whole of a stage or an image is told by its key."""
    path = clean(mount.source)
    if path is None:
        raise InvalidInput(f"the source {mount.source} of a mount leads out of what it is in")
    if not mount.origin:
        return _content(run.work.context.inputs, path, mount.source)
    source = run.work.source(mount.origin)
    if not path:
        return source.key
    from engine.build.layered import Layered

    tree = Layered(source.lowers, run.work.store.paths)
    try:
        return _content(tree, path, mount.source)
    finally:
        tree.close()


def _content(tree: Tree, path: bytes, source: str) -> str:
    found = resolve(tree, path)
    if found is None:
        raise NotFound(f'failed to compute cache key: "{source}" not found')
    return tree.digest(found.path)


def _layers(run: StageRun, name: str) -> tuple[str, ...]:
    if name:
        return tuple(run.work.source(name).lowers)
    return (os.readlink(f"/proc/self/fd/{run.work.context.inputs.root}"),)
