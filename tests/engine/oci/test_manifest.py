from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Corrupt, EngineError, NotFound, Unsupported
from engine.oci import manifest, media
from engine.oci.descriptor import Descriptor
from engine.oci.manifest import Index, Manifest
from engine.oci.platform import Platform

A, B = (f"sha256:{letter * 64}" for letter in "ab")


def document(**changed: Any) -> bytes:
    value = {
        "schemaVersion": 2,
        "mediaType": media.OCI_MANIFEST,
        "config": {"mediaType": media.OCI_CONFIG, "digest": A, "size": 2},
        "layers": [{"mediaType": media.OCI_LAYER_GZIP, "digest": B, "size": 3}],
        **changed,
    }
    return json.dumps({key: item for key, item in value.items() if item is not ...}).encode()


def test_a_manifest_names_its_config_and_its_layers() -> None:
    parsed = manifest.parse(document())

    assert parsed == Manifest(
        media.OCI_MANIFEST, Descriptor(media.OCI_CONFIG, A, 2), (Descriptor(media.OCI_LAYER_GZIP, B, 3),)
    )


def test_what_is_written_is_read_again() -> None:
    parsed = manifest.parse(document())
    index = Index(
        media.OCI_INDEX, (Descriptor(media.OCI_MANIFEST, A, 1, {"k": "v"}, Platform("linux", "arm", "v7")),)
    )

    assert manifest.parse(parsed.encode()) == parsed
    assert manifest.parse(index.encode()) == index


def test_a_missing_media_type_is_told_by_who_led_here() -> None:
    parsed = manifest.parse(document(mediaType=...), media.DOCKER_MANIFEST)

    assert parsed.media_type == media.DOCKER_MANIFEST


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (document(manifests=[]), "both an index and a manifest"),
        (b'{"schemaVersion":2,"schemaVersion":2}', "names a key twice"),
        (document()[:-9], "not valid JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff", "not valid JSON"),
        (b'{"a":' + b"[" * 100_000, "not valid JSON"),
        (b'{"schemaVersion":NaN}', "not valid JSON"),
        (document(schemaVersion=...), "no schemaVersion 2"),
        (document(mediaType=media.OCI_INDEX), "not what its media type"),
        (document(mediaType=7), "mediaType is not a string"),
        (document(config=...), "a descriptor is not an object"),
        (document(layers={}), "layers is not a list"),
        (document(config={"digest": "sha256:../../x", "size": 1}), "invalid checksum digest format"),
        (document(config={"digest": A, "size": -1}), "no valid size"),
        (document(config={"digest": A, "size": True}), "size is not a number"),
        (document(config={"digest": A}), "no valid size"),
        (b" " * (manifest.MAX_BYTES + 1), "larger than 4 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_one_thing_only_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(Corrupt, match=sentence):
        manifest.parse(data)


def test_a_document_is_what_it_was_announced_as() -> None:
    with pytest.raises(Corrupt, match="was announced as"):
        manifest.parse(document(), media.DOCKER_MANIFEST)


@pytest.mark.parametrize("data", [document(schemaVersion=1), document(mediaType="application/vnd.cncf.helm")])
def test_other_kinds_are_unsupported(data: bytes) -> None:
    with pytest.raises(Unsupported):
        manifest.parse(data)


def test_the_entry_for_the_platform_is_chosen_before_one_that_says_nothing() -> None:
    arm, amd, any = (
        Descriptor("", A, 1, platform=Platform("linux", "arm64", "v8")),
        Descriptor("", A, 2, platform=Platform("linux", "amd64")),
        Descriptor("", A, 3),
    )

    assert manifest.choose([any, arm, amd], Platform("linux", "amd64")) is amd
    assert manifest.choose([any, arm], Platform("linux", "amd64")) is any
    with pytest.raises(NotFound, match="no matching manifest for linux/amd64 in the manifest list entries"):
        manifest.choose([arm], Platform("linux", "amd64"))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([A, media.OCI_LAYER]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["schemaVersion", "config", "layers", "manifests", "mediaType", "digest", "size", "platform"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(_json)
def test_any_json_is_parsed_or_refused_with_a_sentence(value: Any) -> None:
    if isinstance(value, dict):
        value["schemaVersion"] = 2
    with suppress(EngineError):
        manifest.parse(json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    with pytest.raises(EngineError):
        manifest.parse(data)
