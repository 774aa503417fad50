"""Saving images: which ones a list of names means, and in which form they go out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple, Protocol

from engine.errors import AlreadyExists, InvalidInput, NotFound, from_os
from engine.events import EventLog
from engine.images.journal import tell
from engine.images.listing import read
from engine.images.names import is_id, resolve
from engine.images.records import Image, Report
from engine.images.stock import Stock
from engine.oci.reference import Reference, parse_any
from engine.store.store import Store

FORMATS = ("docker-archive", "oci-archive", "oci-dir")


class Selected(NamedTuple):
    """An image to save, and the names it is saved under."""

    image: Image
    references: tuple[Reference, ...]


class Sink(Protocol):
    """Where the files of a saved image go, in the order they are put."""

    mtime: int
    """Seconds since the epoch, of what is put next."""

    def folder(self, name: str) -> None:
        """Put a directory."""

    def data(self, name: str, data: bytes) -> None:
        """Put a small file."""

    def file(self, name: str, path: str, digest: str) -> None:
        """Put a copy of a file whose bytes must have this digest."""

    def link(self, name: str, target: str) -> None:
        """Put a symbolic link."""

    def finish(self) -> None:
        """End it, and make it durable where that means something."""


def save(
    store: Store,
    events: EventLog,
    names: Sequence[str],
    out: BinaryIO | str,
    format: str,
    report: Report,
) -> None:
    """Write the images that the names mean to `out`."""
    from engine.images import save_docker, save_oci
    from engine.images.sinks import DirectorySink, TarSink

    if format not in FORMATS:
        raise InvalidInput(f"unknown format {format!r}", resolution=f"choose one of {', '.join(FORMATS)}")
    selected = select(store, names)
    write = save_docker.write if format == "docker-archive" else save_oci.write
    with store.ingest() as ingest:
        stock = Stock(store, ingest.path, report)
        if format == "oci-dir":
            if not isinstance(out, str):
                raise InvalidInput("an OCI layout is saved into a directory, not into a stream")
            _make_empty(out)
            write(DirectorySink(out, report), stock, selected)
        elif isinstance(out, str):
            raise InvalidInput("an archive is saved into a stream, not into a directory")
        else:
            write(TarSink(out, report), stock, selected)
    for chosen in selected:
        tell(events, "save", chosen.image.id, chosen.image.id, chosen.image.labels)


def select(store: Store, names: Sequence[str]) -> list[Selected]:
    """Find the images; one that is named twice goes once, with both names."""
    found: dict[str, list[Reference]] = {}
    for name in names:
        for id, reference in _meant(store, name):
            references = found.setdefault(id, [])
            if reference and reference not in references:
                references.append(reference)
    return [Selected(read(store, id), tuple(references)) for id, references in found.items()]


def _meant(store: Store, name: str) -> list[tuple[str, Reference | None]]:
    reference = parse_any(name)
    if isinstance(reference, Reference) and reference.is_name_only:
        low = f"{reference.name}:"
        rows = store.query(
            "SELECT image, reference FROM tags WHERE substr(reference, 1, ?) = ? ORDER BY reference",
            (len(low), low),
        )
        if rows:
            return [(row["image"], Reference.split(row["reference"])) for row in rows]
    try:
        id = resolve(store, name)
    except NotFound:
        # Docker says here what was typed, without a default tag.
        raise NotFound(f"No such image: {name}") from None
    if isinstance(reference, str) or is_id(name, id) or reference.tag is None or reference.digest is not None:
        return [(id, None)]
    return [(id, reference)]


def _make_empty(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
        if os.listdir(folder):
            raise AlreadyExists(f"{folder} is not empty", resolution="name a new directory")
    except OSError as error:
        raise from_os(error, f"cannot save into {folder}") from error
