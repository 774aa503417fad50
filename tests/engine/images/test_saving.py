from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from engine.errors import AlreadyExists, Corrupt, InvalidInput, NotFound
from engine.images.images import Images
from engine.oci import manifest, media
from engine.store.store import Store
from tests.engine.images.archives import LAYER_TYPES, Layout, digest_of, make, tar_of
from tests.engine.images.conftest import Add
from tests.engine.images.whole import assert_whole

BUSY = make({"bin/": b"", "bin/sh": b"#!"}, {"etc/": b"", "etc/motd": b"hello"})
# The directories that dockerd 20.10 gives these layers when it loads and saves the image.
DOCKER_IDS = (
    "2c45b4b30fc4fd8e91345e52fcc15f00b41c0bf8aa1e526eb36e33fe31650295",
    "a6f9c048055d483871f5182641e375d252e711bf46bdd302f44f7a57e3f08946",
)
OTHER = make({"bin/": b"", "bin/sh": b"#!"}, {"other": b"1"})


def saved(images: Images, *names: str, format: str = "docker-archive") -> dict[str, bytes]:
    """Save to an archive; return its files, links followed."""
    out = io.BytesIO()
    images.save(names, out, format)
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        files = {member.name: tar.extractfile(member) for member in tar if not member.isdir()}
        return {name: file.read() for name, file in files.items() if file}


class TestDockerArchives:
    def test_the_config_and_the_layers_are_the_same_bytes(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1")
        files = saved(images, "busy:1")
        (listed,) = json.loads(files["manifest.json"])

        assert listed["RepoTags"] == ["busy:1"]
        assert files[listed["Config"]] == BUSY.config
        assert listed["Config"] == f"{BUSY.id[7:]}.json"
        assert [files[layer] for layer in listed["Layers"]] == list(BUSY.layers)

    def test_the_oldest_readers_find_their_files(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1")
        files = saved(images, "busy:1")
        top = json.loads(files["repositories"])["busy"]["1"]
        below = json.loads(files[f"{top}/json"])["parent"]

        assert files[f"{top}/VERSION"] == b"1.0"
        assert json.loads(files[f"{below}/json"])["id"] == below
        assert files[f"{below}/layer.tar"] == BUSY.layers[0]

    def test_a_layer_s_old_id_is_the_one_docker_gives_it(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1")
        (listed,) = json.loads(saved(images, "busy:1")["manifest.json"])

        assert listed["Layers"] == [f"{id}/layer.tar" for id in DOCKER_IDS]

    def test_the_same_images_give_the_same_bytes(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1")
        first, second = io.BytesIO(), io.BytesIO()
        images.save(["busy:1"], first)
        images.save(["busy:1"], second)

        assert first.getvalue() == second.getvalue()

    def test_shared_layers_are_written_once(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1")
        add(OTHER, "other:1")
        out = io.BytesIO()
        images.save(["busy:1", "other:1"], out)

        assert out.getvalue().count(BUSY.layers[0]) == 1

    @pytest.mark.parametrize("compression", LAYER_TYPES)
    def test_compressed_layers_are_unpacked(self, images: Images, store: Store, compression: str) -> None:
        layout = Layout()
        layout.add(layout.manifest(BUSY, compression), "busy:1")
        list(images.load(io.BytesIO(tar_of(layout.files()))))
        files = saved(images, "busy:1")
        (listed,) = json.loads(files["manifest.json"])

        assert [files[layer] for layer in listed["Layers"]] == list(BUSY.layers)
        assert_whole(store)

    def test_an_image_without_layers_is_saved_too(self, images: Images, add: Add) -> None:
        bare = make()
        add(bare, "bare:1")
        files = saved(images, "bare:1")

        assert json.loads(files["manifest.json"])[0]["Layers"] == []
        assert "repositories" not in files

    def test_what_is_saved_is_loaded_with_the_same_id(self, images: Images, store: Store, add: Add) -> None:
        add(BUSY, "busy:1", "busy:2")
        out = io.BytesIO()
        images.save(["busy"], out)
        images.remove(BUSY.id, force=True)
        out.seek(0)

        assert [loaded.reference for loaded in images.load(out)] == ["busy:1", "busy:2"]
        assert images.get("busy:1").id == BUSY.id
        assert_whole(store)


class TestNames:
    def test_a_repository_means_all_its_tags(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1", "busy:2")
        add(OTHER, "busy:3", "busybox:1")
        listed = json.loads(saved(images, "busy")["manifest.json"])

        assert [image["RepoTags"] for image in listed] == [["busy:1", "busy:2"], ["busy:3"]]

    def test_an_id_means_the_image_without_a_name(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1")

        assert json.loads(saved(images, BUSY.id[7:19])["manifest.json"])[0]["RepoTags"] is None
        assert "repositories" not in saved(images, BUSY.id)

    def test_one_image_by_two_names_goes_once(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1", "again:1")
        (listed,) = json.loads(saved(images, "again:1", "busy:1", BUSY.id)["manifest.json"])

        assert listed["RepoTags"] == ["again:1", "busy:1"]

    def test_what_is_missing_is_named_as_typed(self, images: Images) -> None:
        with pytest.raises(NotFound) as caught:
            saved(images, "nope")
        assert caught.value.brief == "No such image: nope"


class TestLayouts:
    @pytest.mark.parametrize("compression", LAYER_TYPES)
    def test_what_came_as_a_layout_goes_out_with_the_same_blobs(
        self, images: Images, tmp_path: Path, compression: str
    ) -> None:
        layout = Layout()
        layout.add(layout.manifest(BUSY, compression), "busy:1")
        list(images.load(layout.write(tmp_path / "in")))
        images.save(["busy:1"], str(tmp_path / "out"), "oci-dir")

        blobs = {digest_of(path.read_bytes()) for path in (tmp_path / "out/blobs/sha256").iterdir()}
        assert blobs == set(layout.blobs)

    def test_what_came_from_docker_gets_a_manifest(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1")
        files = saved(images, "busy:1", format="oci-archive")
        index = manifest.parse(files["index.json"])
        assert isinstance(index, manifest.Index)
        (entry,) = index.manifests
        parsed = manifest.parse(files[f"blobs/sha256/{entry.digest[7:]}"], entry.media_type)
        assert isinstance(parsed, manifest.Manifest)

        assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
        assert entry.annotations["org.opencontainers.image.ref.name"] == "docker.io/library/busy:1"
        assert parsed.config.digest == BUSY.id
        assert [layer.digest for layer in parsed.layers] == BUSY.diff_ids
        assert {layer.media_type for layer in parsed.layers} == {media.OCI_LAYER}

    def test_each_name_is_an_entry_of_the_index(self, images: Images, add: Add) -> None:
        add(BUSY, "busy:1", "busy:2")
        files = saved(images, "busy", format="oci-archive")

        assert len(json.loads(files["index.json"])["manifests"]) == 2

    def test_a_layout_is_loaded_with_the_same_id(
        self, images: Images, store: Store, add: Add, tmp_path: Path
    ) -> None:
        add(BUSY, "busy:1")
        images.save(["busy:1"], str(tmp_path / "out"), "oci-dir")
        images.remove("busy:1")

        (loaded,) = images.load(str(tmp_path / "out"))
        assert (loaded.reference, loaded.id) == ("busy:1", BUSY.id)
        assert_whole(store)

    def test_a_directory_with_something_in_it_is_left_alone(
        self, images: Images, add: Add, tmp_path: Path
    ) -> None:
        add(BUSY, "busy:1")
        (tmp_path / "mine").write_text("x")

        with pytest.raises(AlreadyExists, match="is not empty"):
            images.save(["busy:1"], str(tmp_path), "oci-dir")
        assert os.listdir(tmp_path / "yard/ingest") == []


def test_a_layer_made_here_is_packed_when_it_is_saved(images: Images, store: Store, add: Add) -> None:
    """A built layer has a directory and a diff_id, and no blob."""
    from engine.layers.pack import pack

    add(BUSY, "busy:1")
    (layer, top) = images.get("busy:1").chain
    packed = pack(store.paths.snapshot(layer.snapshot), io.BytesIO())
    with store.discard() as discard:
        discard.connection.execute("DELETE FROM image_blobs WHERE digest = ?", (layer.diff_id,))
        discard.connection.execute(
            "UPDATE layers SET diff_id = ? WHERE snapshot = ?", (packed.diff_id, layer.snapshot)
        )
        discard.blob(layer.diff_id)
    (listed,) = json.loads(saved(images, "busy:1")["manifest.json"])
    files = saved(images, "busy:1")

    assert digest_of(files[listed["Layers"][0]]) == packed.diff_id
    assert digest_of(files[listed["Layers"][1]]) == top.diff_id
    assert f"blobs/sha256/{packed.diff_id[7:]}" in saved(images, "busy:1", format="oci-archive")


@pytest.mark.parametrize("format", ["docker-archive", "oci-archive"])
def test_damage_in_the_store_is_noticed(images: Images, store: Store, add: Add, format: str) -> None:
    add(BUSY, "busy:1")
    path = Path(store.content.path(BUSY.diff_ids[1]))
    path.write_bytes(path.read_bytes().replace(b"hello", b"HELLO"))

    with pytest.raises(Corrupt, match="is damaged in the store"):
        saved(images, "busy:1", format=format)


@pytest.mark.parametrize(
    ("out", "format"), [(io.BytesIO(), "oci-dir"), ("folder", "docker-archive"), (io.BytesIO(), "zip")]
)
def test_each_format_has_its_kind_of_place(
    images: Images, add: Add, out: io.BytesIO | str, format: str
) -> None:
    add(BUSY, "busy:1")

    with pytest.raises(InvalidInput):
        images.save(["busy:1"], out, format)
