"""`--cache-from`: images whose steps count as done, though nobody built them here.

An image continues a build if its history and its layers begin as those of the build so far, and its history
goes on with the very text of the next step. Its own config says what its last step came to; for a step
before that the build says it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from engine.build.cache import Facts, record
from engine.errors import InvalidReference, NotFound, from_os
from engine.events import EventLog
from engine.images.carried import carried
from engine.images.execution import complete
from engine.images.intake import Draft, Intake, Listing
from engine.images.listing import read
from engine.images.records import Image, silent
from engine.oci import media
from engine.store.store import Store

FindImage = Callable[[str], Image]


class Wanted(NamedTuple):
    """The step that is looked for."""

    parent: Image | None
    """What the build has come to; None for nothing."""
    text: str
    """What the history would say of it."""
    execution: dict[str, Any]
    """The config after it."""
    facts: Facts
    kin: str


class Sources:
    """The images that a build may take steps from."""

    def __init__(self, store: Store, images: Sequence[Image]) -> None:
        self.store = store
        self.images = list(images)

    def find(self, wanted: Wanted) -> Image | None:
        """Return the image of a step, listed and remembered from now on as if it had been built here."""
        for image in self.images:
            position = _continues(image, wanted.parent, wanted.text)
            if position is None:
                continue
            if position == len(_history(image)) - 1:
                self._remember(image, wanted)
                return read(self.store, image.id)
            # One source is enough: steps of several, mixed, would make an image that never was.
            self.images = [image]
            return self._restored(image, position, wanted)
        return None

    def _remember(self, image: Image, wanted: Wanted) -> None:
        with self.store.transaction() as connection:
            record(connection, image.id, wanted.facts, wanted.kin)
            if wanted.parent:
                connection.execute(
                    "UPDATE images SET parent = ? WHERE id = ? AND parent IS NULL",
                    (wanted.parent.id, image.id),
                )

    def _restored(self, image: Image, position: int, wanted: Wanted) -> Image:
        """List an image for a step in the middle of another's history."""
        steps = _history(image)[: position + 1]
        count = sum(not step.get("empty_layer") for step in steps)
        layers = carried(self.store, image)[:count]
        parent = wanted.parent.id if wanted.parent else ""
        document = {
            "architecture": image.config.get("architecture"),
            "author": steps[-1].get("author"),
            "config": complete({**wanted.execution, "Image": parent}),
            "created": steps[-1].get("created"),
            "history": steps,
            "os": image.config.get("os"),
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
            "variant": image.config.get("variant"),
        }
        said = {key: value for key, value in document.items() if value}
        config = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
        draft = Draft(config.encode("utf-8", "surrogateescape"), layers, config_type=media.DOCKER_CONFIG)
        facts, kin = wanted.facts, wanted.kin
        listing = Listing(draft, (), parent, True, lambda connection, id: record(connection, id, facts, kin))
        with self.store.ingest() as ingest:
            return read(self.store, Intake(self.store, ingest).commit_all([listing])[0].id)


def open_sources(
    store: Store, events: EventLog, find_image: FindImage, names: Sequence[str], folder: str = "."
) -> tuple[Sources, list[str]]:
    """Find images by name, else load them, nameless, from archives or OCI layouts at these paths.

    Return also the names that mean nothing: docker goes on without them. Raises Corrupt, HostileArchive,
    NoSpace.
    """
    images: list[Image] = []
    missing: list[str] = []
    for name in names:
        path = os.path.join(folder, name)
        try:
            images.append(find_image(name))
        except (NotFound, InvalidReference):
            if os.path.exists(path):
                images += _loaded(store, events, path)
            else:
                missing.append(name)
    return Sources(store, images), missing


def _loaded(store: Store, events: EventLog, path: str) -> list[Image]:
    from engine.images.loading import load

    known = {row["id"] for row in store.query("SELECT id FROM images")}
    ids: list[str] = []
    try:
        if os.path.isdir(path):
            ids += [loaded.id for loaded in load(store, events, path, silent, named=False)]
        else:
            with open(path, "rb") as stream:
                ids += [loaded.id for loaded in load(store, events, stream, silent, named=False)]
    except OSError as error:
        raise from_os(error, f"cannot read {path}") from error
    fresh = set(ids) - known
    with store.transaction() as connection:
        # They are what builds know, and go with that, unless somebody names one of them.
        connection.executemany("UPDATE images SET step = 1 WHERE id = ?", [(id,) for id in sorted(fresh)])
    return [read(store, id) for id in dict.fromkeys(ids)]


def _history(image: Image) -> list[dict[str, Any]]:
    return list(image.config.get("history") or ())


def _continues(image: Image, parent: Image | None, text: str) -> int | None:
    """Return the place in the image's history of the step that follows `parent`, if it is this one."""
    steps, before = _history(image), _history(parent) if parent else []
    if parent and not before and parent.chain:
        return None
    if len(before) >= len(steps) or steps[: len(before)] != before:
        return None
    under = [layer.diff_id for layer in parent.chain] if parent else []
    if [layer.diff_id for layer in image.chain[: len(under)]] != under:
        return None
    return len(before) if steps[len(before)].get("created_by") == text else None
