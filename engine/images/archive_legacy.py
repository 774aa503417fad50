"""What docker wrote before 1.10: `repositories`, and for each layer a directory with `json` and `layer.tar`.

Such an archive holds no config; it is made from the layers' `json` by docker's own recipe, so that the
image gets the id that docker gives it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.errors import Corrupt
from engine.images import gojson
from engine.images.archive import Archive
from engine.images.execution import v1_image
from engine.images.packed import Packed, PackedLayer
from engine.layers.compression import decompressed
from engine.layers.source import Digest
from engine.oci import media
from engine.oci.document import MAX_BYTES, field, load, strings
from engine.oci.reference import IDENTIFIER, Reference

_DEPTH = 1024
_DROPPED = ("id", "parent", "Size", "parent_id", "layer_id", "throwaway")
_COMPLETE_SINCE = (1, 8, 3)
"""From this version of docker on, a layer's `json` is taken as it is; an older one is written anew."""
_CHUNK = 1 << 20


def images(archive: Archive) -> Iterator[Packed]:
    """Yield each image once, with all names that lead to it."""
    repositories = load(archive.read("repositories", MAX_BYTES), "repositories")
    names: dict[str, list[Reference]] = {}
    for repository, tags in sorted(repositories.items()):
        if not isinstance(tags, dict):
            raise Corrupt("repositories: a repository is not an object")
        for tag, id in sorted(tags.items()):
            if not isinstance(id, str) or not IDENTIFIER.fullmatch(id):
                raise Corrupt(f"repositories: {repository}:{tag} has no valid id")
            names.setdefault(id, []).append(Reference.parse(f"{repository}:{tag}"))
    for id, references in names.items():
        yield _packed(archive, id, tuple(references))


def _packed(archive: Archive, top: str, references: tuple[Reference, ...]) -> Packed:
    steps = _steps(archive, top)
    diff_ids = [_diff_id(archive, f"{id}/layer.tar") for id, _ in steps]
    top_step = steps[-1][1]
    if _version(top_step) < _COMPLETE_SINCE:
        top_step = v1_image(top_step)
    document = {key: value for key, value in top_step.items() if key not in _DROPPED}
    document["rootfs"] = {"type": "layers", "diff_ids": diff_ids}
    document["history"] = [_history(step) for _, step in steps]
    layers = tuple(PackedLayer(f"{id}/layer.tar") for id, _ in steps)
    return Packed(gojson.encode_map(document), layers, references, config_type=media.DOCKER_CONFIG)


def _steps(archive: Archive, id: str) -> list[tuple[str, dict[str, Any]]]:
    """Follow the parents down; return the layers' documents, bottom first."""
    steps: list[tuple[str, dict[str, Any]]] = []
    while id:
        if len(steps) == _DEPTH or any(id == seen for seen, _ in steps):
            raise Corrupt("the archive's layers have no end")
        what = f"{id}/json"
        if not IDENTIFIER.fullmatch(id):
            raise Corrupt(f"{what}: invalid id")
        step = load(archive.read(what, MAX_BYTES), what)
        steps.append((id, step))
        id = field(step, "parent", str, what) or ""
    return steps[::-1]


def _version(step: dict[str, Any]) -> tuple[int, ...]:
    numbers = re.match(r"\d+(?:\.\d+)*", field(step, "docker_version", str, "json") or "")
    return tuple(int(number) for number in numbers[0].split(".")) if numbers else ()


def _history(step: dict[str, Any]) -> dict[str, Any]:
    made = field(step, "container_config", dict, "json") or {}
    entry = {
        "created": field(step, "created", str, "json") or "0001-01-01T00:00:00Z",
        "author": field(step, "author", str, "json"),
        "created_by": " ".join(strings(made, "Cmd", "json") or ()),
        "comment": field(step, "comment", str, "json"),
        "empty_layer": step.get("throwaway") is True,
    }
    return {key: value for key, value in entry.items() if value}


def _diff_id(archive: Archive, name: str) -> str:
    with archive.open(name) as file, Digest() as digest:
        tar = decompressed(file)
        while data := tar.read(_CHUNK):
            digest.update(data)
        return digest.finish()
