"""The `--mount`s of a RUN in a build: what they read, for the step's key, and what they give its program."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from engine.build.cache import digest
from engine.build.context.sources import clean, resolve
from engine.build.context.tree import Tree
from engine.build.program.masks import mask
from engine.build.program.provisions import Provided, Supply, provided
from engine.dockerfile.runmount import RunMount, understood
from engine.errors import InvalidInput, NotFound
from engine.store.removal import remove_tree

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
    request, scratch = run.work.request, run.folder()
    supply = Supply(
        run.work.store.paths,
        scratch,
        run.execution.get("WorkingDir") or "/",
        lambda name: _layers(run, name, scratch),
        {secret.id: secret for secret in request.secrets},
        {agent.id: agent for agent in request.agents},
        request.environment,
        os.path.abspath(request.folder),
        run.work.check,
    )
    try:
        with provided(mounts.wanted, supply) as given:
            yield given
    finally:
        remove_tree(scratch)


def _digest(run: StageRun, mount: RunMount) -> str:
    """Digest what a bind shows; the whole of a stage or an image is told by its key."""
    path = clean(mount.source)
    if path is None:
        raise InvalidInput(f"the source {mount.source} of a mount leads out of what it is in")
    if mount.origin and not path and not _is_folder(run, mount.origin):
        return run.work.source(mount.origin, run.number).key
    return _content(run.work.inputs(mount.origin, run.number), path, mount.source)


def _content(tree: Tree, path: bytes, source: str) -> str:
    found = resolve(tree, path)
    if found is None:
        raise NotFound(f'failed to compute cache key: "{source}" not found')
    return tree.digest(found.path)


def _layers(run: StageRun, name: str, scratch: str) -> tuple[str, ...]:
    """Return the layers of a stage or image; of a context its directory, and what hides the ignored."""
    if not _is_folder(run, name):
        return tuple(run.work.source(name, run.number).lowers)
    inputs = run.work.inputs(name, run.number)
    directory = os.readlink(f"/proc/self/fd/{inputs.root}")
    mask_place = f"{scratch}/mask-{os.urandom(4).hex()}"
    if inputs.rules and mask(inputs, directory, mask_place):
        return mask_place, directory
    return (directory,)


def _is_folder(run: StageRun, name: str) -> bool:
    """Tell whether a name is a context's: the build's own, or one that `--build-context` gave."""
    named = run.work.request.contexts.get(name.lower(), "")
    return not name or bool(named and "://" not in named)
