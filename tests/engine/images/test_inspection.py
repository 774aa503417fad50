from __future__ import annotations

import json
import os

from engine.images.execution import complete
from engine.images.images import Images
from engine.store.store import Store
from tests.engine.images.archives import make
from tests.engine.images.conftest import Add

BUSY = make({"a": b"1"}, {"b": b"22"}, author="me", variant="v8")

# The keys of `docker image inspect` by dockerd 20.10 (API 1.41), in its order.
KEYS = [
    "Id", "RepoTags", "RepoDigests", "Parent", "Comment", "Created", "Container", "ContainerConfig",
    "DockerVersion", "Author", "Config", "Architecture", "Variant", "Os", "Size", "VirtualSize",
    "GraphDriver", "RootFS", "Metadata",
]  # fmt: skip


def test_an_image_is_described_with_docker_s_keys(images: Images, add: Add) -> None:
    add(BUSY, "busy:1", "again")
    told = images.inspect("busy:1")

    assert list(told) == KEYS
    assert told["Id"] == BUSY.id
    assert told["RepoTags"] == ["again:latest", "busy:1"]
    assert (told["RepoDigests"], told["Parent"], told["Author"]) == ([], "", "me")
    assert (told["Created"], told["Size"], told["VirtualSize"]) == ("2026-01-02T03:04:05.5Z", 3, 3)
    assert told["Config"] == complete({"Cmd": ["sh"]})
    assert told["ContainerConfig"] == complete(None)
    assert told["RootFS"] == {"Type": "layers", "Layers": BUSY.diff_ids}
    assert told["Metadata"]["LastTagTime"].startswith("20")
    assert json.loads(json.dumps(told)) == told


def test_the_directories_of_its_layers_are_named_top_first(images: Images, store: Store, add: Add) -> None:
    add(BUSY, "busy:1")
    data = images.inspect("busy:1")["GraphDriver"]["Data"]

    assert os.listdir(data["UpperDir"]) == ["b"]
    assert os.listdir(data["LowerDir"]) == ["a"]


def test_an_image_that_says_little_is_described_too(images: Images, add: Add) -> None:
    bare = make(created=None, config=None, history=None)
    add(bare)
    told = images.inspect(bare.id)

    assert (told["Created"], told["Config"], told["Comment"]) == ("0001-01-01T00:00:00Z", None, "")
    assert told["RootFS"] == {"Type": "layers"}
    assert told["Metadata"]["LastTagTime"] == "0001-01-01T00:00:00Z"
    assert told["GraphDriver"]["Data"] == {}


def test_the_comment_may_stand_in_the_history(images: Images, add: Add) -> None:
    made = make({"a": b""}, history=[{"comment": "first"}, {"comment": "last", "empty_layer": True}])
    add(made, "x")

    assert images.inspect("x")["Comment"] == "last"
