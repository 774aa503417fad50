"""An image made of a container: its image's layers, and what it wrote as one more."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from engine.build.hashing import EMPTY
from engine.build.result.merging import merged
from engine.containers.containers import Containers
from engine.containers.files.changes import changes
from engine.containers.programs.pausing import still
from engine.containers.record import Container
from engine.events import EventLog, event
from engine.images import tags
from engine.images.carried import carried
from engine.images.changes import change
from engine.images.execution import complete
from engine.images.intake import Draft, Intake, Layer
from engine.images.journal import tell
from engine.images.listing import read
from engine.images.records import Image
from engine.layers.pack import measure
from engine.moments import rfc3339
from engine.oci import media
from engine.runtime.spec import PATH
from engine.snapshots.extraction import extract
from engine.store.ingest import Ingest
from engine.store.locks import Lock
from engine.store.store import Store


class Wanted(NamedTuple):
    """What a commit is asked for."""

    reference: str = ""
    """The image's name; empty for none."""
    changes: Sequence[str] = ()
    """Lines of a Dockerfile."""
    message: str = ""
    author: str = ""
    pause: bool = True
    config: Mapping[str, Any] | None = None
    """A config in the place of the container's own, which fills what this one leaves empty."""


def commit(store: Store, events: EventLog, containers: Containers, name: str, wanted: Wanted) -> str:
    """Make an image of a container, which may run and goes on running; return the image's id.

    With `pause` its processes hold still while they are copied. Raises NotFound, InvalidInput,
    InvalidReference, Unsupported, NoSpace.
    """
    reference = tags.target(wanted.reference) if wanted.reference else None
    container = containers.get(name)
    image = read(store, container.image_id)
    own = _own(container, image)
    execution = copy.deepcopy(dict(wanted.config if wanted.config is not None else own))
    change(execution, wanted.changes)
    execution = merged(execution, own)
    with store.ingest() as ingest:
        top = _layer(store, ingest, containers, container, pause=wanted.pause)
        layers = [*carried(store, image), *([top] if top else [])]
        about = _About(container.id, own, wanted)
        config = _config(image, about, execution, layers, empty=top is None)
        draft = Draft(config, layers, config_type=media.DOCKER_CONFIG)
        id = Intake(store, ingest).commit(draft, [reference] if reference else [], parent=image.id).id
    named = reference.familiar if reference else ""
    if named:
        tell(events, "tag", id, named, execution["Labels"])
    told = {"comment": wanted.message, "imageID": id, "imageRef": named}
    events.append(event("container", "commit", container.id, **container.attributes(), **told))
    return id


class _About(NamedTuple):
    """What of the container its image tells."""

    id: str
    config: Mapping[str, Any]
    wanted: Wanted


def _own(container: Container, image: Image) -> dict[str, Any]:
    """Return the container's config as docker has it: without the image's triggers, with its health check,
    and without the PATH that containers of an image without one get.
    """
    theirs = image.config.get("config") or {}
    own = {**container.config["Config"], "OnBuild": None}
    own["Healthcheck"] = own.get("Healthcheck") or theirs.get("Healthcheck")
    if not any(word.startswith("PATH=") for word in theirs.get("Env") or ()):
        own["Env"] = [word for word in own["Env"] or () if word != PATH] or None
    return own


def _layer(
    store: Store, ingest: Ingest, containers: Containers, container: Container, *, pause: bool
) -> Layer | None:
    """Copy what the container wrote; None if it wrote nothing."""
    directory = ingest.directory("commit")
    paths = store.paths.container(container.id)
    held = still(container, paths, containers.events) if pause else nullcontext()
    with Lock(paths.lock), held:
        extract(paths.upper, changes(store, container), directory)
    packed = measure(directory)
    return None if packed.diff_id == EMPTY else Layer(packed.diff_id, packed.size, None, directory)


def _config(
    image: Image, about: _About, execution: Mapping[str, Any], layers: Sequence[Layer], *, empty: bool
) -> bytes:
    """Write the config with the members, and in the order, that docker's commit gives it."""
    old, created = image.config, rfc3339(time.time_ns())
    own, wanted = complete(about.config), about.wanted
    entry = {
        "created": created,
        "author": wanted.author,
        "created_by": " ".join(own["Cmd"] or ()),
        "comment": wanted.message,
        "empty_layer": empty,
    }
    document = {
        "architecture": old.get("architecture"),
        "author": wanted.author,
        "config": complete(execution),
        "container": about.id,
        "container_config": own,
        "created": created,
        "history": [*(old.get("history") or ()), {key: value for key, value in entry.items() if value}],
        "os": old.get("os") or "linux",
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "variant": old.get("variant"),
    }
    said = {key: value for key, value in document.items() if value}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogateescape")
