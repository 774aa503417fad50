"""Reading images out of the records: one, or all that pass the filters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.errors import InvalidInput
from engine.images.names import resolve
from engine.images.records import Image, LayerRecord
from engine.moments import past
from engine.oci.pattern import compiled
from engine.oci.reference import Reference, shortened
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

Filters = Mapping[str, Sequence[str]]
Test = Callable[[Image], bool]

_IMAGE = "id, created, size, top, config, parent"
_LAYER = "chain_id, diff_id, parent, snapshot, size, created"
_CHAIN = f"""
    WITH RECURSIVE stack(depth, {_LAYER}) AS (
        SELECT 0, {_LAYER} FROM layers WHERE chain_id = ?
        UNION ALL
        SELECT depth + 1, {", ".join(f"below.{name}" for name in _LAYER.split(", "))}
        FROM stack JOIN layers AS below ON below.chain_id = stack.parent)
    SELECT {_LAYER} FROM stack ORDER BY depth DESC"""
_NAMED = "id IN (SELECT image FROM tags UNION ALL SELECT image FROM digests)"
_PARENT = "id IN (SELECT parent FROM images WHERE parent IS NOT NULL)"
_LOOSE = f"step = 0 AND NOT {_NAMED} AND NOT {_PARENT}"
_SHOWN = f"""
    WHERE id IN (
        SELECT image FROM tags UNION ALL SELECT image FROM digests
        UNION ALL SELECT id FROM images WHERE step = 0 AND NOT {_PARENT})"""


def read(store: Store, id: str) -> Image:
    """Read the image with this full id, which the caller has resolved."""
    row = store.query(f"SELECT {_IMAGE} FROM images WHERE id = ?", (id,))[0]
    tags = store.query("SELECT reference FROM tags WHERE image = ? ORDER BY reference", (id,))
    digests = store.query("SELECT reference FROM digests WHERE image = ? ORDER BY reference", (id,))
    return _image(row, [tag[0] for tag in tags], [digest[0] for digest in digests], chain(store, row["top"]))


def chain(store: Store, top: str | None) -> tuple[LayerRecord, ...]:
    """Read a stack of layers by the chain id of its top, bottom first."""
    return tuple(LayerRecord(*row) for row in store.query(_CHAIN, (top,))) if top else ()


def every(store: Store, hidden: bool = True) -> list[Image]:
    """Read all images, newest first; without the `hidden` ones, only what a user has made or named."""
    rows = store.query(f"SELECT {_IMAGE} FROM images {'' if hidden else _SHOWN} ORDER BY created DESC, id")
    layers = {row["chain_id"]: LayerRecord(*row) for row in store.query(f"SELECT {_LAYER} FROM layers")}
    tags = _grouped(store.query("SELECT image, reference FROM tags ORDER BY reference"))
    digests = _grouped(store.query("SELECT image, reference FROM digests ORDER BY reference"))
    return [
        _image(row, tags.get(row["id"], ()), digests.get(row["id"], ()), _climb(layers, row["top"]))
        for row in rows
        # Between the questions an image may have gone, and its layers with it.
        if row["top"] is None or row["top"] in layers
    ]


def loose(store: Store) -> frozenset[str]:
    """Return the ids of the images that docker calls dangling: no name leads to them, and none stands on
    them."""
    return frozenset(row["id"] for row in store.query(f"SELECT id FROM images WHERE {_LOOSE}"))


def listed(store: Store, filters: Filters, hidden: bool = False) -> list[Image]:
    """Read the images that pass every filter; values of one filter are alternatives, except labels, which
    all must hold.

    Without the `hidden` ones, those are left out that builds and other images stand on and nobody named.
    Raises InvalidInput for an unknown filter or value with docker's sentence.
    """
    unknown = next((name for name in filters if name not in _FILTERS), None)
    if unknown is not None:
        raise InvalidInput(f"Invalid filter '{unknown}'")
    tests = [_FILTERS[name](store, values) for name, values in filters.items() if values]
    images = [image for image in every(store, hidden) if all(test(image) for test in tests)]
    patterns = filters.get("reference") or ()
    return [_only_matching(image, patterns) for image in images] if patterns else images


def labelled(values: Sequence[str]) -> Test:
    """Test for labels: `key` or `key=value`, all of them."""
    wanted = [value.partition("=") for value in values]

    def test(image: Image) -> bool:
        labels = image.labels
        return all(key in labels and (not equals or labels[key] == value) for key, equals, value in wanted)

    return test


def older(values: Sequence[str]) -> Test:
    """Test for images made before a moment."""
    if len(values) > 1:
        raise InvalidInput("more than one until filter specified")
    moment = past(values[0])
    return lambda image: image.created < moment


def truth(name: str, values: Sequence[str]) -> bool:
    """Read a filter's yes or no as docker does."""
    if set(values) <= {"true", "1"}:
        return True
    if set(values) <= {"false", "0"}:
        return False
    raise InvalidInput(f"Invalid filter '{name}=[{' '.join(values)}]'")


def _dangling(store: Store, values: Sequence[str]) -> Test:
    if not truth("dangling", values):
        return lambda image: bool(image.tags or image.digests)
    ids = loose(store)
    return lambda image: image.id in ids


def _before(store: Store, values: Sequence[str]) -> Test:
    moment = min(read(store, resolve(store, value)).created for value in values)
    return lambda image: image.created < moment


def _since(store: Store, values: Sequence[str]) -> Test:
    moment = max(read(store, resolve(store, value)).created for value in values)
    return lambda image: image.created > moment


def _reference(_: Store, values: Sequence[str]) -> Test:
    for value in values:
        compiled(value)
    return lambda image: any(_fits(reference, values) for reference in (*image.tags, *image.digests))


_FILTERS: Mapping[str, Callable[[Store, Sequence[str]], Test]] = {
    "dangling": _dangling,
    "label": lambda _, values: labelled(values),
    "before": _before,
    "since": _since,
    "until": lambda _, values: older(values),
    "reference": _reference,
}


def _fits(reference: str, patterns: Sequence[str]) -> bool:
    parsed = Reference.parse(reference)
    return any(parsed.matches(pattern) for pattern in patterns)


def _only_matching(image: Image, patterns: Sequence[str]) -> Image:
    return image._replace(
        tags=tuple(tag for tag in image.tags if _fits(tag, patterns)),
        digests=tuple(digest for digest in image.digests if _fits(digest, patterns)),
    )


def _grouped(rows: Iterable[sqlite3.Row]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for image, reference in rows:
        groups.setdefault(image, []).append(reference)
    return groups


def _climb(layers: Mapping[str, LayerRecord], top: str | None) -> tuple[LayerRecord, ...]:
    stack: list[LayerRecord] = []
    while top is not None:
        stack.append(layers[top])
        top = stack[-1].parent
    return tuple(reversed(stack))


def _image(
    row: sqlite3.Row, tags: Sequence[str], digests: Sequence[str], layers: tuple[LayerRecord, ...]
) -> Image:
    return Image(
        row["id"],
        json.loads(row["config"].removeprefix("\ufeff")),
        row["created"],
        row["size"],
        tuple(shortened(tag) for tag in tags),
        tuple(shortened(digest) for digest in digests),
        layers,
        row["parent"] or "",
    )
