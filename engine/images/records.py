"""The values that the images' methods take and return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class LayerRecord(NamedTuple):
    """One unpacked layer."""

    chain_id: str
    diff_id: str
    parent: str | None
    """The chain id of the layer below."""
    snapshot: int
    """Its directory is `paths.snapshot(snapshot)`."""
    size: int
    """Bytes of its regular files."""
    created: float
    """When it was unpacked here, seconds since the epoch."""


class Image(NamedTuple):
    """One image as the store lists it."""

    id: str
    """`sha256:` and 64 digits: the digest of the config's bytes."""
    config: dict[str, Any]
    """The whole config document; `config["config"]` says how a container starts."""
    created: float
    """Seconds since the epoch; `moments.NEVER` where the config does not say."""
    size: int
    """Bytes of the regular files of all its layers."""
    tags: tuple[str, ...]
    """Familiar references, sorted: `busy:latest`."""
    digests: tuple[str, ...]
    """Familiar `name@sha256:…`, sorted."""
    chain: tuple[LayerRecord, ...]
    """Its layers, bottom first."""
    parent: str = ""
    """The id of the image it was built upon here; empty for one that came from elsewhere."""

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its config."""
        return (self.config.get("config") or {}).get("Labels") or {}


class HistoryEntry(NamedTuple):
    """One step that made an image, as `docker history` tells it."""

    id: str
    """The image's id on the newest step, `<missing>` on the others."""
    created: float
    created_by: str
    size: int
    comment: str
    tags: tuple[str, ...]


class Removed(NamedTuple):
    """One line of what a removal did."""

    kind: str
    """Untagged or Deleted."""
    name: str


class Pruned(NamedTuple):
    """What a prune removed, and the bytes of the layers that went."""

    removed: tuple[Removed, ...]
    reclaimed: int


class Loaded(NamedTuple):
    """One name, or one image without a name, that came out of an archive."""

    reference: str | None
    """Familiar; None for an image that the archive does not name."""
    id: str
    replaced: str = ""
    """The id of the image that had this name before, if it was another."""


class Progress(NamedTuple):
    """How far some long work has come; raise from the callable that gets it to cancel."""

    phase: str
    current: int
    """Bytes done."""
    total: int
    """Bytes to do, 0 where nobody knows."""


Report = Callable[[Progress], None]


class Transfer(NamedTuple):
    """A line of what a pull or a push does, in docker's words; a later one with the same id replaces it."""

    id: str
    """Twelve digits of a layer, or a tag; empty for what stands alone."""
    status: str
    current: int = 0
    """Bytes done."""
    total: int = 0
    """Bytes to do; 0 where the line tells no progress."""


Telling = Callable[[Transfer], None]
"""Hears of a transfer, in the thread that began it; may raise to cancel."""


Check = Callable[[], None]
"""Called several times a second while a transfer goes on, in its own thread; may raise to cancel."""


class Pulled(NamedTuple):
    """An image that a pull has brought, or found to be here already."""

    reference: str
    """Familiar."""
    id: str
    digest: str
    """Of what the registry has under this name: the manifest, or the index that names it."""
    newer: bool
    """Whether the name or the image is new here."""


class Pushed(NamedTuple):
    """An image that a registry has."""

    reference: str
    """Familiar."""
    digest: str
    size: int
    """Bytes of the manifest."""


def silent(_: Progress) -> None:
    """Report to nobody."""


def unheard(_: Transfer) -> None:
    """Tell nobody."""


def unchecked() -> None:
    """Let it go on."""
