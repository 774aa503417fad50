"""The images of one stage's steps: each is made when the layer of its step is hashed, in order.

A step runs on the directories of those before it, so it need not wait for their hashes; its image does, since
an image's config names the hashes below it. Images are listed in the store a few at a time.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.build.cache import Facts, record
from engine.build.hashing import EMPTY, Hashing
from engine.images import listing
from engine.images.carried import carried
from engine.images.execution import complete
from engine.images.intake import Draft, Intake, Layer, Listing
from engine.images.records import Image
from engine.moments import rfc3339
from engine.oci import digest, identity, media
from engine.oci.reference import Reference
from engine.store.ingest import Ingest
from engine.store.store import Store

Execution = dict[str, Any]


class Made(NamedTuple):
    """A step that was carried out and has no image yet."""

    number: int
    """Among the build's steps."""
    facts: Facts
    kin: str
    text: str
    """What the history says."""
    execution: Execution
    """The config after it."""
    author: str
    container: str
    created: int
    """Nanoseconds since the epoch."""
    hashing: Hashing | None = None
    """Of the layer it wrote, if it wrote one."""
    hidden: bool = False
    """Whether its image is told about: an ONBUILD step's is not, but the last one's."""


class _Ready(NamedTuple):
    listing: Listing
    directory: str


class Chain:
    """What a stage has come to."""

    def __init__(
        self, store: Store, ingest: Ingest, platform: Mapping[str, str], told: Callable[[int, str, int], None]
    ) -> None:
        """Begin with nothing; `told` hears number, id and layer size of every step."""
        self._store = store
        self._intake = Intake(store, ingest)
        self._told = told
        self._platform = platform
        self._lock = threading.RLock()
        self._waiting: list[Made] = []
        self._ready: list[_Ready] = []
        self._since = 0.0
        self._failure: BaseException | None = None
        self.start(None)

    def start(self, image: Image | None) -> None:
        """Go on from an image that is listed; nothing may be waiting."""
        self.image = self.listed = image.id if image else ""
        self.document: dict[str, Any] = dict(image.config) if image else {}
        self._layers = carried(self._store, image) if image else []
        self._places = [self._store.paths.snapshot(layer.snapshot) for layer in image.chain] if image else []

    def lowers(self) -> list[str]:
        """Return the directories of the layers, topmost first."""
        return self._places[::-1]

    def add(self, made: Made) -> None:
        """Put a step on top; its image follows when it can."""
        with self._lock:
            if made.hashing:
                self._places.append(made.hashing.directory)
            self._waiting.append(made)
        if made.hashing:
            made.hashing.start(self._advance)
        self._advance()

    def is_due(self, seconds: float = 1.0) -> bool:
        """Tell whether work of more than that long would be lost if the build were killed now."""
        return bool(self._ready) and time.monotonic() - self._since > seconds

    def wait(self) -> None:
        """Wait until every step has its image; raises what went wrong with a hash."""
        for made in list(self._waiting):
            if made.hashing:
                made.hashing.wait()
        self._advance()
        if self._failure:
            raise self._failure

    def commit(self, references: Sequence[Reference] = (), *, result: bool = False) -> Sequence[str]:
        """List the images that are ready, the last one under these names; return whom each name left.

        The last one is a `result` also if it gets no name: then it is no mere step.
        """
        result = result or bool(references)
        with self._lock:
            ready, self._ready = self._ready, []
        if not ready:
            return self._intake.name(self.image, references).replaced if result and self.image else ()
        listings = [one.listing for one in ready]
        listings[-1] = listings[-1]._replace(references=references, step=listings[-1].step and not result)
        listed = self._intake.commit_all(listings)
        self.listed = listed[-1].id
        self._find_again([one.directory for one in ready if one.directory])
        return listed[-1].replaced

    def _find_again(self, directories: Sequence[str]) -> None:
        """Learn where the layers went."""
        for directory in directories:
            position = self._places.index(directory)
            top = identity.chain_ids(layer.diff_id for layer in self._layers[: position + 1])[-1]
            layer = listing.chain(self._store, top)[-1]
            self._places[position] = self._store.paths.snapshot(layer.snapshot)

    def _advance(self) -> None:
        """Make the images of the steps whose hash is there."""
        with self._lock:
            try:
                while self._waiting and (not (hashing := self._waiting[0].hashing) or hashing.done):
                    self._finish(self._waiting.pop(0))
            except BaseException as error:
                self._failure = self._failure or error
                self._waiting.clear()

    def _finish(self, made: Made) -> None:
        layer, directory = None, ""
        if made.hashing:
            packed = made.hashing.result()
            if packed.diff_id == EMPTY:
                self._places.remove(made.hashing.directory)
            else:
                directory = made.hashing.directory
                layer = Layer(packed.diff_id, packed.size, None, directory)
                self._layers.append(layer)
        parent, size = self.image, layer.size if layer else 0
        self.document = self._document(made, bool(layer))
        config = json.dumps(self.document, separators=(",", ":"), ensure_ascii=False).encode(
            "utf-8", "surrogateescape"
        )
        self.image = digest.of(config)
        # A layer is handed over once; the drafts above find it listed by then.
        layers = [one if one is layer else one._replace(directory=None) for one in self._layers]
        image, facts, kin = self.image, made.facts, made.kin
        draft = Draft(config, layers, config_type=media.DOCKER_CONFIG)
        listed = Listing(draft, (), parent, True, lambda connection, _: record(connection, image, facts, kin))
        if not self._ready:
            self._since = time.monotonic()
        self._ready.append(_Ready(listed, directory))
        if not made.hidden:
            self._told(made.number, self.image, size)

    def _document(self, made: Made, has_layer: bool) -> dict[str, Any]:
        """Write the config with the members, and in the order, that docker's builder gives it."""
        old, created = self.document, rfc3339(made.created)
        entry: dict[str, Any] = {"created": created}
        if made.author:
            entry["author"] = made.author
        entry["created_by"] = made.text
        if not has_layer:
            entry["empty_layer"] = True
        execution = complete({**made.execution, "Image": self.image})
        document: dict[str, Any] = {"architecture": old.get("architecture") or self._platform["architecture"]}
        if made.author:
            document["author"] = made.author
        document["config"] = execution
        if made.container:
            document["container"] = made.container
        document["container_config"] = {**execution, "Hostname": made.container[:12], "Cmd": [made.text]}
        document |= {
            "created": created,
            "history": [*(old.get("history") or ()), entry],
            "os": old.get("os") or self._platform["os"],
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in self._layers]},
        }
        variant = old.get("variant") or (self._platform["variant"] if not old else "")
        if variant:
            document["variant"] = variant
        return document


def container_id() -> str:
    """Invent the id that a step's container has."""
    return os.urandom(32).hex()
