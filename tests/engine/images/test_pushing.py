from __future__ import annotations

import gzip
import io
from collections.abc import Iterator

import pytest

from engine.errors import InvalidInput, NotFound
from engine.images.images import Images
from engine.images.records import Transfer
from engine.registry import session
from engine.store.store import Store
from tests.engine.images.archives import make
from tests.engine.images.conftest import Add
from tests.engine.images.steps import build
from tests.engine.images.whole import assert_whole
from tests.engine.registry.server import Call, Fake, serving

BUSY = make({"bin/": b"", "bin/sh": b"#!"}, {"etc/": b"", "etc/motd": b"hello"})


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    monkeypatch.setattr(session, "USUAL", session.Manner(delay=0.001))
    with serving(Fake()) as fake:
        yield fake


def statuses(told: list[Transfer]) -> set[str]:
    return {one.status for one in told if one.id and not one.total} - {"Preparing"}


@pytest.mark.parametrize("docker", [True, False])
def test_what_was_pulled_and_is_pushed_again_has_the_same_digest(
    images: Images, fake: Fake, docker: bool
) -> None:
    top = fake.put("lab/busy", "1", BUSY, docker=docker)
    images.pull(f"{fake.address}/lab/busy:1")

    with serving(Fake()) as other:
        images.tag(BUSY.id, f"{other.address}/copy/busy:2")
        pushed = images.push(f"{other.address}/copy/busy:2")

        assert pushed.digest == top
        assert other.manifests["copy/busy", "2"] == fake.manifests["lab/busy", "1"]
        assert f"{other.address}/copy/busy@{top}" in images.get(BUSY.id).digests


def test_an_image_that_was_here_before_it_was_pulled_keeps_the_registrys_digest_too(
    images: Images, store: Store, add: Add, fake: Fake
) -> None:
    add(BUSY, "busy:1")
    top = fake.put("lab/busy", "1", BUSY)
    images.pull(f"{fake.address}/lab/busy:1")
    images.tag(BUSY.id, f"{fake.address}/copy/busy:2")

    assert images.push(f"{fake.address}/copy/busy:2").digest == top

    # Elsewhere the bytes that the manifest names cannot be had: the image goes in another form.
    with serving(Fake()) as other:
        images.tag(BUSY.id, f"{other.address}/busy:1")
        images.push(f"{other.address}/busy:1")
        assert images.pull(f"{other.address}/busy:1").id == BUSY.id
    out = io.BytesIO()
    images.save(["busy:1"], out, "oci-archive")
    images.remove(BUSY.id, force=True)
    out.seek(0)
    assert [loaded.id for loaded in images.load(out)] == [BUSY.id]
    assert_whole(store)


def test_a_built_layer_is_packed_the_same_every_time(images: Images, store: Store, fake: Fake) -> None:
    (id,) = build(store, "", {"a": b"a" * 9000}, name=f"{fake.address}/built:1")

    first = images.push(f"{fake.address}/built:1")

    (layer,) = images.get(id).chain
    packed = [data for data in fake.blobs.values() if data[:2] == b"\x1f\x8b"]
    assert [gzip.decompress(data)[:1] for data in packed] == [b"a"]
    with serving(Fake()) as other:
        images.tag(id, f"{other.address}/built:1")
        assert images.push(f"{other.address}/built:1").digest == first.digest
    assert images.pull(f"{fake.address}/built:1").id == id
    assert layer.diff_id


def test_what_the_registry_has_is_not_sent_again(images: Images, add: Add, fake: Fake) -> None:
    add(BUSY, f"{fake.address}/busy:1", f"{fake.address}/other:1")
    told: list[Transfer] = []

    images.push(f"{fake.address}/busy:1", told.append)
    assert statuses(told) == {"Pushed"}
    told.clear()
    images.push(f"{fake.address}/busy:1", told.append)
    assert statuses(told) == {"Layer already exists"}
    told.clear()
    images.push(f"{fake.address}/other:1", told.append)
    assert statuses(told) == {"Mounted from busy"}


def test_a_registry_that_does_not_mount_is_sent_the_bytes(images: Images, add: Add, fake: Fake) -> None:
    add(BUSY, f"{fake.address}/busy:1", f"{fake.address}/other:1")
    fake.mounting = False
    images.push(f"{fake.address}/busy:1")
    told: list[Transfer] = []

    images.push(f"{fake.address}/other:1", told.append)

    assert statuses(told) == {"Pushed"}


def test_all_tags_of_a_repository_go(images: Images, add: Add, fake: Fake) -> None:
    add(BUSY, f"{fake.address}/busy:1", f"{fake.address}/busy:2", f"{fake.address}/other:1")

    assert [one.reference for one in images.push_all(f"{fake.address}/busy")] == [
        f"{fake.address}/busy:1",
        f"{fake.address}/busy:2",
    ]
    assert {tag for name, tag in fake.manifests if name == "busy" and ":" not in tag} == {"1", "2"}


def test_an_upload_goes_on_after_a_cut(images: Images, add: Add, fake: Fake) -> None:
    add(BUSY, f"{fake.address}/busy:1")
    cuts = 2

    def cut(call: Call) -> bool:
        nonlocal cuts
        if call.command != "PATCH" or not cuts:
            return False
        cuts -= 1
        upload = call.path.partition("?")[0].rpartition("/")[2]
        call.fake.uploads[upload] += call.body[: len(call.body) // 2]
        return call.cut()

    fake.tricks.append(cut)

    images.push(f"{fake.address}/busy:1")

    assert [headers for headers in fake.requests("/uploads/", "PATCH") if "Content-Range" in headers]
    assert images.pull(f"{fake.address}/busy:1").id == BUSY.id


def test_what_cannot_be_pushed_is_told(images: Images, fake: Fake) -> None:
    with pytest.raises(NotFound, match=f"does not exist locally with the tag: {fake.address}/busy"):
        images.push(f"{fake.address}/busy:1")
    with pytest.raises(InvalidInput, match="cannot push a digest reference"):
        images.push(f"{fake.address}/busy@sha256:{'0' * 64}")
