"""`--output`: where the result of a build goes, beside the store."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from engine.build.request import Destination
from engine.errors import InvalidInput, Unsupported, from_os
from engine.events import EventLog
from engine.images.journal import tell
from engine.images.listing import read
from engine.images.records import silent
from engine.images.saving import Selected
from engine.images.tags import assign, target
from engine.oci.reference import Reference
from engine.store.store import Store

_OPTIONS = {
    "local": frozenset({"platform-split"}),
    "tar": frozenset({"platform-split"}),
    "oci": frozenset({"name", "tar", "oci-mediatypes"}),
    "docker": frozenset({"name", "tar"}),
    "image": frozenset({"name", "unpack", "store"}),
}
"""What each kind understands; where it has a value that changes nothing here, it is taken in silence."""


def checked(destination: Destination) -> Destination:
    """Refuse what cannot be done, before anything is built. Raises InvalidInput, Unsupported."""
    kind, place, options = destination
    if options.get("push", "false") != "false" or kind == "registry":
        raise Unsupported("cannot push: there is no way to a registry yet", resolution="use type=oci")
    known = _OPTIONS.get(kind)
    if known is None:
        raise InvalidInput(f'exporter "{kind}" could not be found', resolution=f"use {', '.join(_OPTIONS)}")
    unknown = sorted(set(options) - known - {"push"})
    if unknown:
        raise InvalidInput(f"--output type={kind} does not understand {unknown[0]}")
    if kind in ("local", "tar") and not place:
        raise InvalidInput(f"dest is required for {kind} output")
    if kind == "local" and place == "-":
        raise InvalidInput("a directory cannot be written to standard output", resolution="use type=tar")
    if kind in ("tar", "oci") and place in ("", "-") and os.isatty(1):
        raise InvalidInput(f"dest file is required for {kind} exporter. refusing to write to console")
    for name in _names(destination):
        target(name)
    return destination


def export(
    store: Store,
    events: EventLog,
    image: str,
    destination: Destination,
    names: Sequence[Reference] = (),
    folder: str = ".",
) -> None:
    """Write an image where `destination` says; relative places are seen from `folder`.

    Raises InvalidInput, Unsupported, Conflict, NotPermitted, NoSpace.
    """
    kind, place, options = checked(destination)
    names = [*names, *(target(name) for name in _names(destination))]
    place = place if place in ("", "-") else os.path.join(folder, place)
    doing = f"cannot write the {kind} output"
    try:
        if kind == "local":
            from engine.build.result.rootfs import write_directory

            write_directory(_lowers(store, image), place)
        elif kind == "tar":
            from engine.build.result.rootfs import write_tar

            with _opened(place) as out:
                write_tar(_lowers(store, image), out)
        elif kind == "image" or (kind == "docker" and not place):
            _name(store, events, image, names)
        else:
            _save(store, image, kind, place, names, whole=options.get("tar", "true") != "false")
    except OSError as error:
        raise from_os(error, doing if error.filename or not place else f"{doing} to {place}") from error


def _names(destination: Destination) -> list[str]:
    return [name for name in destination.options.get("name", "").split(",") if name]


def _lowers(store: Store, image: str) -> list[str]:
    return [store.paths.snapshot(layer.snapshot) for layer in reversed(read(store, image).chain)]


def _name(store: Store, events: EventLog, image: str, names: Sequence[Reference]) -> None:
    found = read(store, image)
    with store.transaction() as connection:
        for name in names:
            assign(connection, name, image)
    for name in names:
        tell(events, "tag", image, name.familiar, found.labels)


def _save(
    store: Store, image: str, kind: str, place: str, names: Sequence[Reference], *, whole: bool
) -> None:
    from engine.images import save_docker, save_oci
    from engine.images.sinks import DirectorySink, TarSink
    from engine.images.stock import Stock

    write: Callable[..., None] = save_oci.write if kind == "oci" else save_docker.write
    selected = [Selected(read(store, image), tuple(dict.fromkeys(names)))]
    with store.ingest() as ingest:
        stock = Stock(store, ingest.path, silent)
        if whole:
            with _opened(place) as out:
                write(TarSink(out, silent), stock, selected)
        elif place in ("", "-"):
            raise InvalidInput("dest is required where tar=false")
        else:
            os.makedirs(place, exist_ok=True)
            write(DirectorySink(place, silent), stock, selected)


@contextmanager
def _opened(place: str) -> Iterator[BinaryIO]:
    """Open a file for writing, or standard output; a file that could not be finished is taken away."""
    if place in ("", "-"):
        with open(1, "wb", closefd=False) as out:
            yield out
        return
    with open(place, "wb") as out:
        try:
            yield out
        except BaseException:
            if stat.S_ISREG(os.fstat(out.fileno()).st_mode):
                os.unlink(place)
            raise
