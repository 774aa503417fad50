from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from engine.errors import Cancelled, Corrupt, EngineError, HostileArchive, NotFound, Unsupported
from engine.images.images import Images
from engine.images.records import Loaded, Progress
from engine.oci import media
from engine.oci.platform import Platform
from engine.store.store import Store
from tests.engine.images.archives import (
    COMPRESSIONS,
    LAYER_TYPES,
    Layout,
    Made,
    Unseekable,
    digest_of,
    docker_archive,
    make,
    tar_of,
)
from tests.engine.images.whole import assert_empty, assert_whole

BUSY = make({"bin/": b"", "bin/sh": b"#!"}, {"etc/": b"", "etc/motd": b"hello"})
HERE = Platform.host()
ELSEWHERE = {"os": "linux", "architecture": "s390x" if HERE.architecture != "s390x" else "amd64"}
THIS = {"os": HERE.os, "architecture": HERE.architecture}


def load(images: Images, data: bytes) -> list[Loaded]:
    return list(images.load(io.BytesIO(data)))


def layer_file(store: Store, images: Images, name: str, layer: int, path: str) -> str:
    return f"{store.paths.snapshot(images.get(name).chain[layer].snapshot)}/{path}"


class TestDockerArchives:
    def test_an_image_keeps_its_id_and_gets_its_names(self, images: Images, store: Store) -> None:
        loaded = load(images, docker_archive([(["busy:1", "r.example/busy"], BUSY)]))

        assert loaded == [Loaded("busy:1", BUSY.id), Loaded("r.example/busy:latest", BUSY.id)]
        assert images.get("busy:1").tags == ("busy:1", "r.example/busy:latest")
        assert_whole(store)

    def test_each_layer_is_unpacked_into_its_own_directory(self, images: Images, store: Store) -> None:
        load(images, docker_archive({"busy": BUSY}))

        assert Path(layer_file(store, images, "busy", 0, "bin/sh")).read_bytes() == b"#!"
        assert Path(layer_file(store, images, "busy", 1, "etc/motd")).read_bytes() == b"hello"
        assert not os.path.exists(layer_file(store, images, "busy", 1, "bin"))
        assert images.get("busy").size == 7

    def test_an_image_without_a_name_is_told_by_its_id(self, images: Images) -> None:
        assert load(images, docker_archive([([], BUSY)])) == [Loaded(None, BUSY.id)]

    def test_several_images_share_their_layers(self, images: Images, store: Store) -> None:
        other = Made(
            make(config={"Cmd": ["other"]}).config.replace(b'"diff_ids": []', _diff_ids(BUSY)), BUSY.layers
        )
        load(images, docker_archive({"busy": BUSY, "other": other}))

        assert images.get("busy").chain == images.get("other").chain
        assert len(os.listdir(store.paths.snapshots)) == 2
        assert_whole(store)

    def test_a_name_that_moves_is_told(self, images: Images) -> None:
        newer = make({"new": b""})
        load(images, docker_archive({"busy": BUSY}))

        assert load(images, docker_archive({"busy": newer})) == [Loaded("busy:latest", newer.id, BUSY.id)]
        assert images.get(BUSY.id).tags == ()

    def test_loading_again_changes_nothing(self, images: Images, store: Store) -> None:
        archive = docker_archive({"busy": BUSY})
        load(images, archive)
        before = sorted(os.listdir(store.paths.snapshots)), images.get("busy")

        assert load(images, archive) == [Loaded("busy:latest", BUSY.id)]
        assert (sorted(os.listdir(store.paths.snapshots)), images.get("busy")) == before

    def test_layers_may_be_links_to_one_another(self, images: Images, store: Store) -> None:
        twice = make({"a": b"1"}, {"a": b"1"})
        first, second = twice.layers[0], f"../{twice.diff_ids[0][7:19]}/layer.tar"
        manifest = [{"Config": "c.json", "RepoTags": ["twice:1"], "Layers": ["x/layer.tar", "y/layer.tar"]}]
        archive = tar_of(
            {
                f"{twice.diff_ids[0][7:19]}/layer.tar": first,
                "x/layer.tar": second,
                "y/layer.tar": "../x/layer.tar",
                "c.json": twice.config,
                "manifest.json": json.dumps(manifest).encode(),
            }
        )

        assert load(images, archive) == [Loaded("twice:1", twice.id)]
        assert len(images.get("twice:1").chain) == 2
        assert_whole(store)

    @pytest.mark.parametrize("compression", LAYER_TYPES)
    def test_a_later_docker_s_archive_is_a_layout_too(
        self, images: Images, store: Store, compression: str
    ) -> None:
        """Docker 25 writes blobs by digest, an index, and manifest.json beside them for all tags."""
        layout = Layout()
        layout.add(layout.manifest(BUSY, compression), "1")
        packed = [COMPRESSIONS[compression](tar) for tar in BUSY.layers]
        listed: dict[str, Any] = {
            "Config": f"blobs/sha256/{BUSY.id[7:]}",
            "RepoTags": ["busy:1", "busy:2"],
            "Layers": [f"blobs/sha256/{digest_of(data)[7:]}" for data in packed],
            "LayerSources": {},
        }
        files = {**layout.files(), "manifest.json": json.dumps([listed]).encode()}

        assert load(images, tar_of(files)) == [Loaded("busy:1", BUSY.id), Loaded("busy:2", BUSY.id)]
        assert_whole(store)
        types = store.query("SELECT media_type FROM image_blobs WHERE kind = 'layer'")
        assert {row["media_type"] for row in types} == {LAYER_TYPES[compression]}

        images.prune(all=True)
        files[listed["Layers"][0]] = packed[0] + b"more"
        with pytest.raises(Corrupt):
            load(images, tar_of(files))
        assert_empty(store)

    @pytest.mark.parametrize("compression", COMPRESSIONS)
    def test_archives_and_their_layers_may_be_compressed(
        self, images: Images, store: Store, compression: str
    ) -> None:
        pack = COMPRESSIONS[compression]
        archive = docker_archive(
            {"busy": BUSY}, **{f"{BUSY.diff_ids[0][7:19]}/layer.tar": pack(BUSY.layers[0])}
        )

        assert load(images, pack(archive)) == [Loaded("busy:latest", BUSY.id)]
        assert Path(layer_file(store, images, "busy", 0, "bin/sh")).read_bytes() == b"#!"
        assert_whole(store)

    def test_an_archive_may_come_through_a_pipe(self, images: Images, store: Store) -> None:
        pipe = cast("BinaryIO", Unseekable(docker_archive({"busy": BUSY})))

        assert list(images.load(pipe)) == [Loaded("busy:latest", BUSY.id)]
        assert_whole(store)

    def test_an_image_may_have_no_layers(self, images: Images, store: Store) -> None:
        bare = make()

        assert load(images, docker_archive({"bare": bare})) == [Loaded("bare:latest", bare.id)]
        assert (images.get("bare").size, images.get("bare").chain) == (0, ())
        assert_whole(store)

    def test_an_image_of_many_layers_keeps_their_order(self, images: Images) -> None:
        tall = make(*({f"file{number}": b"x"} for number in range(150)))
        load(images, docker_archive({"tall": tall}))

        assert [layer.diff_id for layer in images.get("tall").chain] == tall.diff_ids


class TestLegacyArchives:
    """What docker wrote before 1.10."""

    def archive(self) -> bytes:
        low, high = "a" * 64, "b" * 64
        return tar_of(
            {
                "repositories": json.dumps({"old": {"1": high}}).encode(),
                f"{low}/json": json.dumps(
                    {"id": low, "created": "2015-01-01T00:00:00Z", "os": "linux"}
                ).encode(),
                f"{low}/layer.tar": tar_of({"a": b"1"}),
                f"{high}/json": json.dumps(
                    {
                        "id": high,
                        "parent": low,
                        "created": "2015-01-02T00:00:00Z",
                        "container_config": {"Cmd": ["/bin/sh", "-c", "#(nop) CMD a && <b>"]},
                        "config": {"Cmd": ["a"]},
                        "architecture": "amd64",
                        "os": "linux",
                        "Size": 1,
                    }
                ).encode(),
                f"{high}/layer.tar": tar_of({"b": b"2"}),
            }
        )

    def test_a_config_is_made_as_docker_makes_it(self, images: Images, store: Store) -> None:
        loaded = load(images, self.archive())

        # This is the id that docker 20.10 gives the same archive.
        id = "sha256:a270ff8569e49fb278c3087c92a410d027b68f5b4c3a5e29406accc24e122be8"
        assert loaded == [Loaded("old:1", id)]
        assert [entry.created_by for entry in images.history("old:1")] == [
            "/bin/sh -c #(nop) CMD a && <b>",
            "",
        ]
        assert images.get("old:1").config["config"]["Cmd"] == ["a"]
        assert len(images.get("old:1").chain) == 2
        assert_whole(store)

    def test_parents_without_end_are_refused(self, images: Images, store: Store) -> None:
        one = "a" * 64
        archive = tar_of(
            {
                "repositories": json.dumps({"old": {"1": one}}).encode(),
                f"{one}/json": json.dumps({"id": one, "parent": one}).encode(),
                f"{one}/layer.tar": tar_of({}),
            }
        )
        with pytest.raises(Corrupt, match="have no end"):
            load(images, archive)
        assert_empty(store)


class TestLayouts:
    @pytest.mark.parametrize("compression", LAYER_TYPES)
    def test_an_image_keeps_every_blob_as_it_came(
        self, images: Images, store: Store, tmp_path: Path, compression: str
    ) -> None:
        layout = Layout()
        layout.add(layout.manifest(BUSY, compression), "busy:1")

        assert list(images.load(layout.write(tmp_path / "layout"))) == [Loaded("busy:1", BUSY.id)]
        assert {digest_of(data) for data in layout.blobs.values()} == {
            f"sha256:{name}" for name in os.listdir(store.paths.content)
        }
        assert_whole(store)

    def test_a_layout_may_be_a_tar_too(self, images: Images) -> None:
        layout = Layout()
        layout.add(layout.manifest(BUSY), "busy:1")

        assert load(images, tar_of(layout.files())) == [Loaded("busy:1", BUSY.id)]

    @pytest.mark.parametrize(
        ("name", "reference"),
        [
            ("docker.io/library/busy:1", "busy:1"),
            ("localhost/busy:1", "localhost/busy:1"),
            ("busy", "busy:latest"),
            ("v1.2", "v1.2:latest"),
            ("Not A Name", None),
            (None, None),
        ],
    )
    def test_the_reference_name_may_be_whole_or_one_word(
        self, images: Images, name: str | None, reference: str | None
    ) -> None:
        layout = Layout()
        layout.add(layout.manifest(BUSY), name)

        assert load(images, tar_of(layout.files())) == [Loaded(reference, BUSY.id)]

    @pytest.mark.parametrize(
        ("word", "reference"),
        [(None, "r.example/busy:1"), ("1", "r.example/busy:1"), ("renamed", "renamed:latest")],
    )
    def test_containerd_s_name_counts_while_it_fits_the_standard_one(
        self, images: Images, word: str | None, reference: str
    ) -> None:
        layout = Layout()
        names = {"io.containerd.image.name": "r.example/busy:1"}
        if word:
            names["org.opencontainers.image.ref.name"] = word
        layout.add(layout.manifest(BUSY, annotations=names))

        assert load(images, tar_of(layout.files())) == [Loaded(reference, BUSY.id)]

    def test_one_image_with_several_names_is_loaded_once(self, images: Images) -> None:
        layout = Layout()
        layout.add(layout.manifest(BUSY), "busy:1").add(layout.manifest(BUSY), "busy:2")

        assert load(images, tar_of(layout.files())) == [Loaded("busy:1", BUSY.id), Loaded("busy:2", BUSY.id)]

    def test_of_an_index_the_image_for_this_machine_is_loaded(self, images: Images, store: Store) -> None:
        layout = Layout()
        index = layout.index(
            layout.manifest(make({"foreign": b""}), platform=ELSEWHERE),
            layout.manifest(make({"attest": b""}), platform={"os": "unknown", "architecture": "unknown"}),
            layout.manifest(BUSY, platform=THIS),
        )
        layout.add(layout.index(index), "busy:1")

        assert load(images, tar_of(layout.files())) == [Loaded("busy:1", BUSY.id)]
        assert_whole(store)

    def test_platforms_may_stand_in_the_layout_s_own_index(self, images: Images) -> None:
        layout = Layout()
        layout.add(layout.manifest(make({"foreign": b""}), platform=ELSEWHERE), "busy:1")
        layout.add(layout.manifest(BUSY, platform=THIS), "busy:1")

        assert load(images, tar_of(layout.files())) == [Loaded("busy:1", BUSY.id)]

    def test_an_index_without_this_platform_is_refused(self, images: Images, store: Store) -> None:
        layout = Layout()
        layout.add(layout.index(layout.manifest(BUSY, platform=ELSEWHERE)), "busy:1")

        with pytest.raises(NotFound, match=f"no matching manifest for linux/{HERE.architecture}"):
            load(images, tar_of(layout.files()))
        assert_empty(store)

    def test_docker_s_media_types_are_as_good(self, images: Images) -> None:
        layout = Layout()
        document = {
            "schemaVersion": 2,
            "mediaType": media.DOCKER_MANIFEST,
            "config": layout.blob(BUSY.config, media.DOCKER_CONFIG),
            "layers": [
                layout.blob(COMPRESSIONS["gzip"](tar), media.DOCKER_LAYER_GZIP) for tar in BUSY.layers
            ],
        }
        layout.add(layout.blob(json.dumps(document).encode(), media.DOCKER_MANIFEST), "busy:1")

        assert load(images, tar_of(layout.files())) == [Loaded("busy:1", BUSY.id)]

    def test_what_is_not_an_image_is_refused(self, images: Images, store: Store) -> None:
        layout = Layout()
        document = {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "config": layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json"),
            "layers": [],
        }
        layout.add(layout.blob(json.dumps(document).encode(), media.OCI_MANIFEST))

        with pytest.raises(Unsupported, match="is not an image"):
            load(images, tar_of(layout.files()))
        assert_empty(store)

    def test_the_same_layers_in_another_compression_are_not_unpacked_again(
        self, images: Images, store: Store
    ) -> None:
        load(images, docker_archive({"plain": make({"a": b"1"})}))
        layout = Layout()
        layout.add(layout.manifest(make({"a": b"1"}, author="someone"), "gzip"), "packed")
        load(images, tar_of(layout.files()))

        assert images.get("plain").chain == images.get("packed").chain
        assert images.get("packed").size == 1
        assert_whole(store)


def _diff_ids(made: Made) -> bytes:
    return b'"diff_ids": ' + json.dumps(made.diff_ids).encode()


def _layout(**spoiled: bytes) -> bytes:
    layout = Layout()
    layout.add(layout.manifest(BUSY, "plain"), "busy:1")
    files = layout.files()
    names = {"layer": digest_of(BUSY.layers[1]), "config": BUSY.id, "manifest": layout.entries[0]["digest"]}
    for what, data in spoiled.items():
        path = f"blobs/sha256/{names[what][7:]}"
        assert path in files
        files[path] = data
    return tar_of(files)


def _archive(**more: Any) -> bytes:
    return docker_archive({"busy": BUSY}, **more)


_MANIFEST = {"Config": f"{BUSY.id[7:]}.json", "RepoTags": ["busy:1"], "Layers": ["x"]}


@pytest.mark.parametrize(
    ("data", "kind", "sentence"),
    [
        (b"", Corrupt, "neither a docker archive nor an OCI layout"),
        (b"root:x:0:0:" * 100, Corrupt, "neither a docker archive nor an OCI layout"),
        (bytes(5000), Corrupt, "neither a docker archive nor an OCI layout"),
        (tar_of({"bin/": b""}), Corrupt, "neither a docker archive nor an OCI layout"),
        (_archive()[:6000], Corrupt, "cut short"),
        (COMPRESSIONS["gzip"](_archive())[:-40], Corrupt, "stream is cut short"),
        (
            _archive(**{f"{BUSY.diff_ids[1][7:19]}/layer.tar": tar_of({"evil": b""})}),
            Corrupt,
            "does not match its digest",
        ),
        (_archive(**{f"{BUSY.diff_ids[1][7:19]}/layer.tar": BUSY.layers[1][:700]}), Corrupt, "cut short"),
        (
            _archive(**{f"{BUSY.id[7:]}.json": BUSY.config + b" "}),
            Corrupt,
            "config .* does not match its digest",
        ),
        (_archive(**{"manifest.json": b"{}"}), Corrupt, "not a list of images"),
        (_archive(**{"manifest.json": b"[{}]"}), Corrupt, "has no Config"),
        (
            _archive(**{"manifest.json": json.dumps([{**_MANIFEST, "Layers": []}]).encode()}),
            Corrupt,
            "layers length mismatch: expected 2, got 0",
        ),
        (
            _archive(**{"manifest.json": json.dumps([{**_MANIFEST, "Config": "/etc/passwd"}]).encode()}),
            Corrupt,
            "is missing from the archive",
        ),
        (_archive(**{"manifest.json": b'[{"Config": "a", "Config": "b"}]'}), Corrupt, "names a key twice"),
        (_archive(**{"manifest.json": b"[" + b" " * (5 << 20) + b"]"}), Corrupt, "larger than 4 MiB"),
        (
            _archive(**{"manifest.json": json.dumps([{**_MANIFEST, "RepoTags": ["A B"]}]).encode()}),
            EngineError,
            "invalid reference format",
        ),
        (
            _archive(**{f"{BUSY.diff_ids[1][7:19]}/layer.tar": "/etc/passwd"}),
            Corrupt,
            "is missing from the archive",
        ),
        (
            _archive(**{f"{BUSY.diff_ids[1][7:19]}/layer.tar": "../../../../etc/passwd"}),
            Corrupt,
            "is missing from the archive",
        ),
        (
            _archive(**{f"{BUSY.diff_ids[1][7:19]}/layer.tar": "layer.tar"}),
            Corrupt,
            "is missing from the archive",
        ),
        (_layout(layer=tar_of({"evil": b"12345"})), Corrupt, "digest"),
        (_layout(config=BUSY.config.replace(b"sh", b"hs")), Corrupt, "does not match its digest"),
        (_layout(config=BUSY.config + b" "), Corrupt, "bytes long"),
        (_layout(manifest=b"{}"), Corrupt, "bytes long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_archive_that_is_not_what_it_says_leaves_nothing_behind(
    images: Images, store: Store, data: bytes, kind: type[EngineError], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence):
        load(images, data)
    assert_empty(store)


def test_a_hostile_layer_leaves_nothing_behind(images: Images, store: Store) -> None:
    hostile = make({"fine": b""}, {"../../../../../tmp/evil/": b"", ".wh..": b""})

    with pytest.raises(EngineError):
        load(images, docker_archive({"hostile": hostile}))
    assert_empty(store)
    assert not os.path.exists("/tmp/evil")


def test_images_before_a_broken_one_stay(images: Images, store: Store) -> None:
    broken = make({"b": b"1"})
    archive = docker_archive(
        {"busy": BUSY, "broken": broken}, **{f"{broken.diff_ids[0][7:19]}/layer.tar": tar_of({"x": b""})}
    )
    loading = images.load(io.BytesIO(archive))

    assert next(loading) == Loaded("busy:latest", BUSY.id)
    with pytest.raises(Corrupt):
        next(loading)
    assert [image.tags for image in images.list()] == [("busy:latest",)]
    assert_whole(store)


def test_a_layout_s_links_and_pipes_are_not_followed(images: Images, tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.manifest(BUSY), "busy:1")
    folder = Path(layout.write(tmp_path / "layout"))
    (folder / "index.json").rename(tmp_path / "index.json")
    (folder / "index.json").symlink_to(tmp_path / "index.json")

    with pytest.raises(EngineError):
        list(images.load(str(folder)))

    (folder / "index.json").unlink()
    os.mkfifo(folder / "index.json")
    with pytest.raises(Corrupt):
        list(images.load(str(folder)))


def test_too_many_members_are_hostile(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.images.archive.MAX_MEMBERS", 3)

    with pytest.raises(HostileArchive, match="more than 3 members"):
        load(images, docker_archive({"busy": BUSY}))


def test_progress_counts_the_bytes_and_may_cancel(images: Images, store: Store) -> None:
    heard: list[Progress] = []
    data = docker_archive({"busy": BUSY})

    list(images.load(io.BytesIO(data), heard.append))
    assert {(report.phase, report.total) for report in heard} == {
        (name[7:19], len(tar)) for name, tar in zip(BUSY.diff_ids, BUSY.layers, strict=True)
    }
    assert heard[-1].current == heard[-1].total
    images.remove("busy")

    def cancel(report: Progress) -> None:
        raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        list(images.load(io.BytesIO(data), cancel))
    assert_empty(store)


def test_nothing_happens_before_the_first_image_is_asked_for(images: Images, store: Store) -> None:
    loading = images.load(io.BytesIO(b"no archive"))

    assert_empty(store)
    with pytest.raises(Corrupt):
        next(loading)


def test_a_layer_removed_meanwhile_is_loaded_anew(
    images: Images, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may delete the image whose layers are to be shared, between the look and the commit."""
    load(images, docker_archive({"busy": BUSY}))
    sibling = Made(make(author="other").config.replace(b'"diff_ids": []', _diff_ids(BUSY)), BUSY.layers)
    from engine.images.intake import Intake

    commit = Intake.commit

    def late(self: Intake, *arguments: Any) -> Any:
        if any(image.id == BUSY.id for image in images.list()):
            images.remove(BUSY.id)
        return commit(self, *arguments)

    monkeypatch.setattr(Intake, "commit", late)

    assert load(images, docker_archive({"sibling": sibling})) == [Loaded("sibling:latest", sibling.id)]
    assert_whole(store)
