from __future__ import annotations

import gzip
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Cancelled, Corrupt, Denied, EngineError, NotFound, Unreachable, Unsupported
from engine.images.images import Images
from engine.images.records import Transfer
from engine.oci import media
from engine.oci.platform import Platform
from engine.registry import session
from engine.store.store import Store
from tests.engine.images.archives import COMPRESSIONS, make
from tests.engine.images.whole import assert_empty, assert_whole
from tests.engine.registry.server import Call, Fake, serving

BUSY = make({"bin/": b"", "bin/sh": b"#!"}, {"etc/": b"", "etc/motd": b"hello" * 1000})
BIG = make({"bin/noise": os.urandom(3 << 20)}, {"etc/motd": b"hello"})
HERE = Platform.host()
THIS = {"os": HERE.os, "architecture": HERE.architecture}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    monkeypatch.setattr(session, "USUAL", session.Manner(delay=0.001))
    with serving(Fake()) as fake:
        yield fake


def partials(store: Store) -> list[str]:
    return os.listdir(store.paths.partials) if os.path.isdir(store.paths.partials) else []


class TestPull:
    @pytest.mark.parametrize("compression", sorted({"plain", "gzip", "zstd"} & COMPRESSIONS.keys()))
    def test_an_image_keeps_its_id_and_gets_its_names(
        self, images: Images, store: Store, fake: Fake, compression: str
    ) -> None:
        top = fake.put("lab/busy", "1", BUSY, compression)

        pulled = images.pull(f"{fake.address}/lab/busy:1")

        assert (pulled.id, pulled.digest, pulled.newer) == (BUSY.id, top, True)
        image = images.get(BUSY.id)
        assert image.tags == (f"{fake.address}/lab/busy:1",)
        assert image.digests == (f"{fake.address}/lab/busy@{top}",)
        sh = Path(store.paths.snapshot(image.chain[0].snapshot)) / "bin/sh"
        assert sh.read_bytes() == b"#!"
        assert partials(store) == []
        assert_whole(store)

    def test_the_lines_are_dockers(self, images: Images, fake: Fake) -> None:
        top = fake.put("lab/busy", "1", BUSY, docker=True)
        told: list[Transfer] = []
        images.pull(f"{fake.address}/lab/busy:1", tell=told.append)

        lines = [f"{one.id}: {one.status}" if one.id else one.status for one in told if not one.total]
        layers = [entry["digest"][7:19] for entry in _layers(fake, top)]
        assert lines[0] == "1: Pulling from lab/busy"
        assert lines[1:3] == [f"{layer}: Pulling fs layer" for layer in layers]
        assert {f"{layer}: Download complete" for layer in layers} < set(lines)
        assert [line for line in lines if "Pull complete" in line] == [
            f"{layer}: Pull complete" for layer in layers
        ]
        assert lines[-2:] == [
            f"Digest: {top}",
            f"Status: Downloaded newer image for {fake.address}/lab/busy:1",
        ]

    def test_what_is_here_is_not_fetched_again(self, images: Images, fake: Fake) -> None:
        fake.put("lab/busy", "1", BUSY)
        fake.put("lab/busy", "2", make({"bin/": b"", "bin/sh": b"#!"}, {"new": b"new"}))
        images.pull(f"{fake.address}/lab/busy:1")
        before = len(fake.requests("/blobs/"))
        told: list[Transfer] = []

        again = images.pull(f"{fake.address}/lab/busy:1", tell=told.append)
        assert not again.newer
        assert told[-1].status == f"Status: Image is up to date for {fake.address}/lab/busy:1"

        images.pull(f"{fake.address}/lab/busy:2", tell=told.append)
        assert len([one for one in told if one.status == "Already exists"]) == 1
        # The configs, and the one layer that is new.
        assert len(fake.requests("/blobs/")) == before + 3

    def test_a_digest_names_an_image_without_a_tag(self, images: Images, fake: Fake) -> None:
        top = fake.put("lab/busy", "1", BUSY)

        images.pull(f"{fake.address}/lab/busy@{top}")

        image = images.get(f"{fake.address}/lab/busy@{top}")
        assert (image.tags, image.digests) == ((), (f"{fake.address}/lab/busy@{top}",))

    def test_an_index_gives_the_image_for_this_machine_and_keeps_its_own_digest(
        self, images: Images, fake: Fake
    ) -> None:
        other = make({"s390": b"x"}, architecture="s390x")
        entries = [
            fake.entry("lab/busy", fake.put("lab/busy", "o", other), os="linux", architecture="s390x"),
            fake.entry("lab/busy", fake.put("lab/busy", "h", BUSY), **THIS),
        ]
        top = fake.index("lab/busy", "1", *entries)

        assert images.pull(f"{fake.address}/lab/busy:1").id == BUSY.id
        assert images.get(BUSY.id).digests == (f"{fake.address}/lab/busy@{top}",)
        assert images.pull(f"{fake.address}/lab/busy:1", "linux/s390x").id == other.id
        with pytest.raises(NotFound, match="no matching manifest for linux/riscv64"):
            images.pull(f"{fake.address}/lab/busy:1", "linux/riscv64")

    def test_a_layer_that_stands_twice_in_an_image_arrives_once(self, images: Images, fake: Fake) -> None:
        twice = make({"a": b"a"}, {"a": b"a"})
        fake.put("lab/twice", "1", twice)

        images.pull(f"{fake.address}/lab/twice:1")

        assert len(images.get(twice.id).chain) == 2


class TestCut:
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_a_transfer_goes_on_where_it_was_cut(
        self, images: Images, store: Store, fake: Fake, share: float
    ) -> None:
        layer = _big(fake)
        at = int(layer["size"] * share)
        fake.tricks.append(_Cut(layer["digest"], at, times=1))

        images.pull(f"{fake.address}/lab/big:1")

        ranges = [headers.get("Range") for headers in fake.requests(layer["digest"])]
        assert ranges == [None, f"bytes={at}-"]
        assert_whole(store)

    def test_a_registry_that_knows_no_ranges_sends_all_of_it(
        self, images: Images, store: Store, fake: Fake
    ) -> None:
        layer = _big(fake)
        fake.ranges = False
        fake.tricks.append(_Cut(layer["digest"], layer["size"] // 2, times=1))

        images.pull(f"{fake.address}/lab/big:1")

        assert_whole(store)

    def test_the_next_pull_goes_on_where_the_last_one_ended(
        self, images: Images, store: Store, fake: Fake
    ) -> None:
        layer = _big(fake)
        cut = _Cut(layer["digest"], 1 << 20, times=5)
        fake.tricks.append(cut)
        with pytest.raises(Unreachable):
            images.pull(f"{fake.address}/lab/big:1")
        assert layer["digest"][7:] in partials(store)
        assert_empty(store)
        fake.tricks.clear()
        fake.asked.clear()

        images.pull(f"{fake.address}/lab/big:1")

        (headers,) = fake.requests(layer["digest"])
        assert headers["Range"].startswith("bytes=")
        assert partials(store) == []
        assert_whole(store)


class TestHostile:
    def test_a_layer_with_other_bytes_is_refused_and_leaves_nothing_that_counts(
        self, images: Images, store: Store, fake: Fake
    ) -> None:
        fake.put("lab/busy", "1", BUSY)
        right = dict(fake.blobs)
        bad = {"bin/": b"", "bin/sh": b"!!"}
        for (name, digest), data in fake.blobs.items():
            if data[:2] == b"\x1f\x8b":
                wrong = gzip.compress(make(bad).layers[0])[: len(data)]
                fake.blobs[name, digest] = wrong.ljust(len(data), b"\0")

        with pytest.raises(Corrupt):
            images.pull(f"{fake.address}/lab/busy:1")

        assert_empty(store)
        fake.blobs = right
        images.pull(f"{fake.address}/lab/busy:1")
        assert_whole(store)

    def test_bytes_that_an_earlier_pull_left_and_a_power_cut_spoiled_are_fetched_anew(
        self, images: Images, store: Store, fake: Fake
    ) -> None:
        layer = _big(fake)
        os.makedirs(store.paths.partials)
        Path(store.paths.partials, layer["digest"][7:]).write_bytes(bytes(1 << 20))

        images.pull(f"{fake.address}/lab/big:1")

        assert_whole(store)

    def test_a_foreign_layer_is_refused(self, images: Images, store: Store, fake: Fake) -> None:
        layer = fake.blob("lab/w", b"", media.OCI_LAYER_GZIP)
        foreign = {**layer, "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}
        config = fake.blob("lab/w", make({"a": b""}).config, media.DOCKER_CONFIG)
        fake.manifest(
            "lab/w",
            "1",
            {"schemaVersion": 2, "mediaType": media.DOCKER_MANIFEST, "config": config, "layers": [foreign]},
        )
        with pytest.raises(Unsupported, match="foreign"):
            images.pull(f"{fake.address}/lab/w:1")
        assert_empty(store)


    def test_a_manifest_without_an_end_is_read_no_further_than_its_limit(
        self, images: Images, store: Store, fake: Fake
    ) -> None:
        sent = 0

        def endless(call: Call) -> bool:
            nonlocal sent
            call.send_response(200)
            call.send_header("Content-Length", str(500 << 20))
            call.send_header("Content-Type", media.OCI_MANIFEST)
            call.end_headers()
            while sent < 500 << 20:
                sent += call.wfile.write(b" " * (1 << 20))
            return True

        fake.tricks.append(endless)
        with pytest.raises(Corrupt, match="larger than 4 MiB"):
            images.pull(f"{fake.address}/lab/busy:1")
        assert sent < 32 << 20
        assert_empty(store)

    def test_a_manifest_that_is_not_what_its_digest_says_is_refused(
        self, images: Images, fake: Fake
    ) -> None:
        top = fake.put("lab/busy", "1", BUSY)
        fake.manifests["lab/busy", top] = (b"{}", media.OCI_MANIFEST)
        with pytest.raises(Corrupt, match="does not match its digest"):
            images.pull(f"{fake.address}/lab/busy@{top}")

    def test_a_layer_that_is_longer_than_it_says_is_refused(
        self, images: Images, store: Store, fake: Fake
    ) -> None:
        layer = _big(fake)
        fake.blobs["lab/big", layer["digest"]] += b"more"
        with pytest.raises(Corrupt, match="is longer than"):
            images.pull(f"{fake.address}/lab/big:1")
        assert_empty(store)

    @pytest.mark.parametrize(
        ("status", "kind", "sentence"),
        [
            (403, Denied, "pull access denied"),
            (404, NotFound, "manifest for .* not found: manifest unknown: gone"),
            (429, Unreachable, "toomanyrequests"),
            (500, Unreachable, "received unexpected HTTP status: 500"),
        ],
    )
    def test_a_refusal_is_told(
        self, images: Images, fake: Fake, status: int, kind: type[EngineError], sentence: str
    ) -> None:
        fake.tricks.append(lambda call: call.refuse(status, "MANIFEST_UNKNOWN", "gone", Retry_After="0"))
        with pytest.raises(kind, match=sentence):
            images.pull(f"{fake.address}/lab/busy:1")

    def test_a_registry_that_is_busy_for_a_moment_is_asked_again(self, images: Images, fake: Fake) -> None:
        fake.put("lab/busy", "1", BUSY)
        answers = iter([429, 503, 500])

        def busy(call: Call) -> bool:
            status = next(answers, 0)
            return bool(status) and call.refuse(status, "TOOMANYREQUESTS", "wait", Retry_After="0")

        fake.tricks.append(busy)
        assert images.pull(f"{fake.address}/lab/busy:1").id == BUSY.id

    def test_nobody_listens(self, images: Images) -> None:
        with pytest.raises(Unreachable, match=r"cannot reach 127\.0\.0\.1:1"):
            images.pull("127.0.0.1:1/busy")


class TestCancel:
    def test_a_pull_ends_at_once_where_a_layer_stalls_and_goes_on_later(
        self, images: Images, store: Store, fake: Fake
    ) -> None:
        layer = _big(fake)
        released = threading.Event()

        def stall(call: Call) -> bool:
            if layer["digest"] not in call.path:
                return False
            data = fake.blobs["lab/big", layer["digest"]]
            call.send_response(200)
            call.send_header("Content-Length", str(len(data)))
            call.end_headers()
            call.wfile.write(data[: 2 << 20])
            return released.wait(30)

        def check() -> None:
            name = f"{store.paths.partials}/{layer['digest'][7:]}"
            if os.path.exists(name) and os.path.getsize(name) == 2 << 20:
                raise Cancelled("enough")

        fake.tricks.append(stall)
        with pytest.raises(Cancelled, match="enough"):
            images.pull(f"{fake.address}/lab/big:1", check=check)
        assert not released.is_set()
        released.set()
        fake.tricks.clear()
        fake.asked.clear()

        images.pull(f"{fake.address}/lab/big:1")

        assert [headers["Range"] for headers in fake.requests(layer["digest"])] == [f"bytes={2 << 20}-"]
        assert_whole(store)


class _Cut:
    """Close the connection in the middle of a blob."""

    def __init__(self, digest: str, at: int, times: int) -> None:
        self.digest, self.at, self.times = digest, at, times

    def __call__(self, call: Call) -> bool:
        if self.digest not in call.path or call.command != "GET" or self.times == 0:
            return False
        self.times -= 1
        data = next(data for (_, name), data in call.fake.blobs.items() if name == self.digest)
        start = int(call.headers.get("Range", "bytes=0-")[6:-1])
        call.send_response(206 if start else 200)
        call.send_header("Content-Length", str(len(data) - start))
        if start:
            call.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        call.end_headers()
        call.wfile.write(data[start : max(start, self.at)])
        return call.cut()


def _layers(fake: Fake, digest: str) -> list[dict[str, Any]]:
    data = next(data for (_, name), (data, _) in fake.manifests.items() if name == digest)
    layers: list[dict[str, Any]] = json.loads(data)["layers"]
    return layers


def _big(fake: Fake) -> dict[str, Any]:
    return _layers(fake, fake.put("lab/big", "1", BIG))[0]
