"""Descriptors: what some bytes are, how many, and their digest (image-spec descriptor.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.errors import Corrupt, EngineError
from engine.oci import digest
from engine.oci.document import field
from engine.oci.platform import Platform


class Descriptor(NamedTuple):
    """A verified pointer to content."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = {}
    platform: Platform | None = None

    @classmethod
    def parse(cls, value: object, what: str) -> Descriptor:
        """Read a descriptor out of a manifest or an index; raises Corrupt."""
        if not isinstance(value, dict):
            raise Corrupt(f"{what}: a descriptor is not an object")
        try:
            name = digest.parse(value.get("digest"))
        except EngineError as error:
            raise Corrupt(f"{what}: {error.brief}", details=error.details) from None
        size = field(value, "size", int, what)
        if size is None or size < 0:
            raise Corrupt(f"{what}: {name} has no valid size")
        annotations = field(value, "annotations", dict, what) or {}
        if not all(isinstance(text, str) for text in annotations.values()):
            raise Corrupt(f"{what}: an annotation is not a string")
        return cls(
            field(value, "mediaType", str, what) or "", name, size, annotations, _platform(value, what)
        )

    def document(self) -> dict[str, Any]:
        """Return the descriptor as its JSON object."""
        document: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.annotations:
            document["annotations"] = dict(self.annotations)
        if self.platform:
            document["platform"] = {"architecture": self.platform.architecture, "os": self.platform.os}
            if self.platform.variant:
                document["platform"]["variant"] = self.platform.variant
        return document


def _platform(value: dict[str, Any], what: str) -> Platform | None:
    platform = field(value, "platform", dict, what)
    if platform is None:
        return None
    os, architecture, variant = (
        field(platform, key, str, what) or "" for key in ("os", "architecture", "variant")
    )
    return Platform(os, architecture, variant)
