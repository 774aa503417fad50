"""Manifests as `docker manifest inspect` prints them: known members only, in docker's order."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from engine.oci import media

if TYPE_CHECKING:
    from engine.registry.inspection import Entry, Inspected

_TOP = ("schemaVersion", "mediaType", "config", "layers", "manifests", "annotations")
_DESCRIPTOR = ("mediaType", "size", "digest", "urls", "annotations", "platform")
_PLATFORM = ("architecture", "os", "os.version", "os.features", "variant", "features")


def brief(inspected: Inspected) -> str:
    """Write the manifest or the index alone."""
    return _json(_document(inspected.top.data))


def verbose(inspected: Inspected) -> str:
    """Write every image with its name, its platform and its raw bytes: a list for an index."""
    found = [_entry(entry) for entry in inspected.entries]
    alone = inspected.entries and inspected.entries[0].manifest is inspected.top
    return _json(found[0] if alone else found)


def _entry(entry: Entry) -> dict[str, Any]:
    data = entry.manifest.data
    kind = entry.manifest.parsed.media_type
    key = "SchemaV2Manifest" if kind == media.DOCKER_MANIFEST else "OCIManifest"
    descriptor = _ordered(entry.descriptor.document(), _DESCRIPTOR)
    if "platform" in descriptor:
        descriptor["platform"] = _ordered(descriptor["platform"], _PLATFORM)
    # docker's order differs here from that inside a manifest.
    described = {name: descriptor[name] for name in ("mediaType", "digest", "size") if name in descriptor}
    return {
        "Ref": entry.name,
        "Descriptor": {**described, **descriptor},
        "Raw": base64.b64encode(data).decode(),
        key: _document(data),
    }


def _document(data: bytes) -> dict[str, Any]:
    document = _ordered(json.loads(data), _TOP)
    for key in ("layers", "manifests"):
        if key in document:
            document[key] = [_described(one) for one in document[key]]
    if "config" in document:
        document["config"] = _described(document["config"])
    return document


def _described(descriptor: dict[str, Any]) -> dict[str, Any]:
    found = _ordered(descriptor, _DESCRIPTOR)
    if "platform" in found:
        found["platform"] = _ordered(found["platform"], _PLATFORM)
    return found


def _ordered(document: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: document[key] for key in keys if document.get(key)}


def _json(value: object) -> str:
    return json.dumps(value, indent="\t", ensure_ascii=False)
