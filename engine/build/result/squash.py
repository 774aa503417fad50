"""`--squash`: the layers that a build put on its base, merged into one."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.build.hashing import EMPTY
from engine.build.plan import SCRATCH
from engine.errors import from_os
from engine.images.carried import carried
from engine.images.intake import Draft, Intake, Layer
from engine.images.listing import read
from engine.images.records import Image
from engine.layers.pack import measure
from engine.moments import rfc3339
from engine.oci import media
from engine.oci.reference import Reference
from engine.snapshots.duplicate import describe, duplicate
from engine.snapshots.union import Node, children, root_of
from engine.store.ingest import Ingest
from engine.store.store import Store

if TYPE_CHECKING:
    from engine.build.work import Work


class _Difference(NamedTuple):
    path: str
    """From the root, without a leading slash."""
    node: Node | None
    """None where the name is gone."""


def base_of(work: Work) -> str:
    """Return the id of the image that the target stands on; empty for scratch."""
    stage = next(stage for stage in work.plan.stages if stage.position == work.plan.target)
    if stage.base_stage is not None:
        return work.results[stage.base_stage].image
    return "" if stage.base == SCRATCH else work.image(stage.base).id


def squash(store: Store, image: str, base: str, references: Sequence[Reference]) -> str:
    """List an image like `image` whose layers above those of `base` are one; return its id.

    The steps' own images stay as they are. Raises Conflict, NoSpace.
    """
    top, below = read(store, image), read(store, base) if base else None
    under = below.chain if below else ()
    with store.ingest() as ingest:
        layers = carried(store, below) if below else []
        one = _merged(store, ingest, top, len(under))
        layers += [one] if one else []
        config = _config(top, below, layers, empty=one is None)
        draft = Draft(config, layers, config_type=media.DOCKER_CONFIG)
        return Intake(store, ingest).commit(draft, references).id


def _merged(store: Store, ingest: Ingest, image: Image, under: int) -> Layer | None:
    """Merge the layers from the number `under` on; None if nothing is in them."""
    places = [store.paths.snapshot(layer.snapshot) for layer in reversed(image.chain)]
    above = len(places) - under
    if not above:
        return None
    directory = ingest.directory("squashed")
    before = root_of(places[above:]) if under else None
    try:
        _write(_differences(before, root_of(places)), directory)
    except OSError as error:
        raise from_os(error, "cannot merge the layers") from error
    packed = measure(directory)
    return None if packed.diff_id == EMPTY else Layer(packed.diff_id, packed.size, None, directory)


def _differences(before: Node | None, after: Node) -> Iterator[_Difference]:
    """Yield what differs between two stacks, one standing on the other; directories before their content."""
    pending = [(before, after, "")]
    while pending:
        before, after, place = pending.pop()
        old = children(before) if before else {}
        for name, node in children(after).items():
            path, was = place + name, old.pop(name, None)
            if was is not None and (was.path, was.parts) == (node.path, node.parts):
                continue  # the very same, which no upper layer touches
            yield _Difference(path, node)
            if node.is_directory:
                pending.append((was if was and was.is_directory else None, node, f"{path}/"))
        for name in old:
            yield _Difference(place + name, None)


def _write(differences: Iterable[_Difference], directory: str) -> None:
    """Make a layer of them; files are shared with the layers they come from, since none ever changes."""
    filled: list[tuple[Node, str]] = []
    for path, node in differences:
        target = f"{directory}/{path}"
        if node is None:
            os.mknod(target, stat.S_IFCHR, os.makedev(0, 0))
        elif node.is_directory:
            duplicate(node.path, node.status, target)
            filled.append((node, target))
        else:
            try:
                os.link(node.path, target, follow_symlinks=False)
            except OSError:
                duplicate(node.path, node.status, target)
                describe(node.path, node.status, target)
    # Filling a directory changes its times, and its own mode may forbid it.
    for node, target in reversed(filled):
        describe(node.path, node.status, target)


def _config(image: Image, base: Image | None, layers: Sequence[Layer], *, empty: bool) -> bytes:
    """Write the config as docker does: every step above the base is without a layer, and one follows."""
    created = rfc3339(time.time_ns())
    known = len(base.config.get("history") or ()) if base else 0
    steps: list[dict[str, Any]] = [
        {**step, "empty_layer": True} if position >= known else step
        for position, step in enumerate(image.config.get("history") or ())
    ]
    comment = f"merge {image.id} to {base.id}" if base else f"create new from {image.id}"
    steps.append({"created": created, "comment": comment, **({"empty_layer": True} if empty else {})})
    document = {
        **image.config,
        "created": created,
        "history": steps,
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogateescape")
