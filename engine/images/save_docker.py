"""Docker's archive, as `docker save` of 1.10 to 24 writes it and every engine reads it.

Each layer has a directory under its old-style id with VERSION, json and layer.tar; each image has
`<id>.json`; manifest.json lists the images, and `repositories` the names for readers older than 1.10. The
same images give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.images import gojson
from engine.images.execution import complete, v1_image
from engine.images.records import Image
from engine.images.saving import Selected, Sink
from engine.images.stock import Stock
from engine.oci import digest, identity
from engine.oci.config import ImageConfig

_EPOCH = "1970-01-01T00:00:00Z"


class _Step(NamedTuple):
    id: str
    json: bytes
    diff_id: str
    position: int


def write(sink: Sink, stock: Stock, selected: Sequence[Selected]) -> None:
    """Put docker's archive of these images."""
    manifest: list[dict[str, Any]] = []
    repositories: dict[str, dict[str, str]] = {}
    written: dict[str, str] = {}
    for image, references in selected:
        sink.mtime = max(0, int(image.created))
        steps = _steps(image)
        for step in steps:
            _write_step(sink, stock, image, step, written)
        name = f"{digest.encoded(image.id)}.json"
        if name not in written:
            written[name] = name
            sink.file(name, stock.store.content.path(image.id), image.id)
        manifest.append(
            {
                "Config": name,
                "RepoTags": [reference.familiar for reference in references] or None,
                "Layers": [f"{step.id}/layer.tar" for step in steps],
            }
        )
        for reference in references if steps else ():
            repositories.setdefault(reference.familiar_name, {})[reference.tag or ""] = steps[-1].id
    sink.mtime = 0
    sink.data("manifest.json", gojson.encode(manifest) + b"\n")
    if repositories:
        ordered = {name: dict(sorted(tags.items())) for name, tags in repositories.items()}
        sink.data("repositories", gojson.encode_map(ordered) + b"\n")
    sink.finish()


def _write_step(sink: Sink, stock: Stock, image: Image, step: _Step, written: dict[str, str]) -> None:
    """Put one layer's directory; a layer that has been put under another id becomes a link to it."""
    if step.id in written:
        return
    written[step.id] = step.id
    sink.folder(step.id)
    sink.data(f"{step.id}/VERSION", b"1.0")
    sink.data(f"{step.id}/json", step.json)
    first = written.setdefault(step.diff_id, step.id)
    if first != step.id:
        sink.link(f"{step.id}/layer.tar", f"../{first}/layer.tar")
        return
    parcel = stock.plain(image, step.position)
    sink.file(f"{step.id}/layer.tar", parcel.path, parcel.blob.digest)
    stock.release(parcel)


def _steps(image: Image) -> list[_Step]:
    """Give each layer the id that docker would: a digest of what it shows, its chain and its parent."""
    diff_ids = [layer.diff_id for layer in image.chain]
    steps: list[_Step] = []
    os = ImageConfig(image.config).os
    for position, chain_id in enumerate(identity.chain_ids(diff_ids)):
        shown = v1_image(image.config) if position == len(diff_ids) - 1 else _shown_below()
        # The top layer's digest is taken before, that of the others without, its operating system is set.
        hashed: dict[str, object] = {**shown, "layer_id": chain_id}
        if steps:
            hashed["parent"] = f"sha256:{steps[-1].id}"
        id = digest.encoded(digest.of(gojson.encode_map(hashed)))
        document = {"id": id, **({"parent": steps[-1].id} if steps else {}), **shown, "os": os}
        steps.append(_Step(id, gojson.encode(document), diff_ids[position], position))
    return steps


def _shown_below() -> dict[str, Any]:
    return {"created": _EPOCH, "container_config": complete(None)}
