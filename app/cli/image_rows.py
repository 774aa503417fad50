"""Images as rows of `images`: one for each name an image has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.cli.rows import Row, local_time, short_id
from app.units import human_duration, human_size

if TYPE_CHECKING:
    from engine.images.records import Image

HEADINGS = {
    "ID": "IMAGE ID",
    "Repository": "REPOSITORY",
    "Tag": "TAG",
    "Digest": "DIGEST",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "Size": "SIZE",
    "Containers": "CONTAINERS",
    "VirtualSize": "SIZE",
    "SharedSize": "SHARED SIZE",
    "UniqueSize": "UNIQUE SIZE",
}
NONE = "<none>"


def image_rows(
    image: Image, *, digests: bool = False, whole: bool = False, now: float | None = None
) -> Iterator[Row]:
    """Yield a row for each name of the image, and with `digests` for each of its digests too."""
    for repository, tag, digest in _names(image, digests):
        yield image_row(image, repository, tag, digest, whole=whole, now=now)


def image_row(
    image: Image, repository: str, tag: str, digest: str, *, whole: bool = False, now: float | None = None
) -> Row:
    """Make the row of one name of an image."""
    moment = time.time() if now is None else now
    return Row(
        {
            "Containers": "N/A",
            "CreatedAt": lambda: local_time(image.created),
            "CreatedSince": lambda: (
                f"{human_duration(moment - image.created)} ago" if image.created > 0 else "N/A"
            ),
            "Digest": digest,
            "ID": short_id(image.id, whole),
            "Repository": repository,
            "SharedSize": "N/A",
            "Size": lambda: human_size(image.size, 3),
            "Tag": tag,
            "UniqueSize": "N/A",
            "VirtualSize": lambda: human_size(image.size),
        }
    )


def _names(image: Image, digests: bool) -> Iterator[tuple[str, str, str]]:
    by_digest: dict[str, list[str]] = {}
    for reference in image.digests:
        repository, _, digest = reference.partition("@")
        by_digest.setdefault(repository, []).append(digest)
    if not image.tags and not by_digest:
        yield NONE, NONE, NONE
    tagged = set()
    for reference in image.tags:
        repository, _, tag = reference.rpartition(":")
        tagged.add(repository)
        for digest in (by_digest.get(repository) if digests else None) or [NONE]:
            yield repository, tag, digest
    for repository, found in by_digest.items():
        if repository not in tagged:
            for digest in found if digests else found[:1]:
                yield repository, NONE, digest
