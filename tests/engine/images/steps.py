"""Images that stand on each other, as a build leaves them."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence

from engine.images.intake import Draft, Intake, Layer, Listing
from engine.images.listing import read
from engine.layers.pack import pack
from engine.oci.reference import Reference
from engine.store.ingest import Ingest
from engine.store.store import Store
from tests.engine.images.archives import Made, make


def staged(ingest: Ingest, name: str, files: dict[str, bytes]) -> Layer:
    """Stage a layer as a build does: a directory, and the digest of its tar."""
    directory = ingest.directory(name)
    for path, content in files.items():
        with open(f"{directory}/{path}", "wb") as file:
            file.write(content)
        os.utime(f"{directory}/{path}", (0, 0))
    os.utime(directory, (0, 0))
    packed = pack(directory, io.BytesIO())
    return Layer(packed.diff_id, sum(map(len, files.values())), None, directory)


def below(store: Store, id: str) -> list[Layer]:
    """Return the layers of a listed image, for a draft that stands on it."""
    return [Layer(layer.diff_id, layer.size, None, None) for layer in read(store, id).chain] if id else []


def config_of(layers: Sequence[Layer], history: Sequence[dict[str, object]], **more: object) -> bytes:
    """Write a config over these layers."""
    made: Made = make(
        rootfs={"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        history=list(history),
        **more,
    )
    return made.config


def build(store: Store, base: str, *steps: dict[str, bytes], name: str = "", day: int = 5) -> list[str]:
    """List an image for each step, one commit for all; the last is the result. Return their ids.

    A step without files makes no layer.
    """
    with store.ingest() as ingest:
        intake = Intake(store, ingest)
        layers = below(store, base)
        history: list[dict[str, object]] = list(read(store, base).config["history"]) if base else []
        listings: list[Listing] = []
        parent = base
        for number, files in enumerate(steps):
            if files:
                layers = [*layers, staged(ingest, f"step-{number}", files)]
            history = [*history, {"created_by": f"does {sorted(files)}", "empty_layer": not files}]
            config = config_of(layers, history, created=f"2026-01-{day:02}T00:00:{number:02}Z")
            last = number == len(steps) - 1
            references = [Reference.parse(name).tagged] if last and name else []
            listings.append(Listing(Draft(config, layers), references, parent, not last))
            parent = intake.blob(config)
        return [listed.id for listed in intake.commit_all(listings)]
