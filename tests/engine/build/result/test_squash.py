from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.build.result.squash import squash
from engine.events import EventLog
from engine.images.images import Images
from engine.images.intake import Draft, Intake, Layer
from engine.images.listing import read
from engine.images.records import Image
from engine.layers.pack import measure
from engine.oci.reference import Reference
from engine.paths import Paths
from engine.snapshots.union import Node, children, root_of
from engine.store.store import Store
from tests.engine.images.steps import config_of
from tests.engine.images.whole import assert_whole

pytestmark = pytest.mark.root


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(Paths(f"{tmp_path}/yard", f"{tmp_path}/yard/run")) as store:
        yield store


def put(store: Store, name: str, *layers: dict[str, str | None], under: int = 0) -> str:
    """List an image; None deletes, a name that ends in `/!` hides what is below."""
    with store.ingest() as ingest:
        staged = []
        for number, files in enumerate(layers):
            folder = ingest.directory(f"l{number}")
            for path, content in files.items():
                place = Path(folder, path.removesuffix("!"))
                place.parent.mkdir(parents=True, exist_ok=True)
                if path.endswith("/!"):
                    place.mkdir(exist_ok=True)
                    os.setxattr(place, "trusted.overlay.opaque", b"y")
                elif content is None:
                    os.mknod(place, stat.S_IFCHR, 0)
                else:
                    place.write_text(content)
            packed = measure(folder)
            staged.append(Layer(packed.diff_id, packed.size, None, folder))
        history = [{"created_by": f"step {number}"} for number in range(len(layers))]
        draft = Draft(config_of(staged, history, config={"Cmd": ["sh"]}), staged)
        return Intake(store, ingest).commit(draft, [Reference.parse(name).tagged]).id


BASE: dict[str, str | None] = {"etc/a": "a", "etc/b": "b", "usr/lib/x": "x", "opt/o": "o"}
STEPS: list[dict[str, str | None]] = [
    {"etc/a": "changed", "etc/new": "temporary", "big": "big"},
    {"etc/b": None, "etc/new": None, "opt/!": None, "opt/p": "p", "big": "bigger"},
]


def tree(store: Store, image: Image) -> dict[str, str]:
    """Read what a container of the image would see."""
    found: dict[str, str] = {}

    def walk(node: Node, place: str) -> None:
        for name, child in children(node).items():
            if child.is_directory:
                walk(child, f"{place}{name}/")
            else:
                found[place + name] = Path(child.path).read_text()

    walk(root_of([store.paths.snapshot(layer.snapshot) for layer in reversed(image.chain)]), "")
    return found


def images(store: Store) -> Images:
    return Images(store, EventLog(store.paths.events))


def test_what_was_put_on_the_base_becomes_one_layer(store: Store) -> None:
    base, whole = put(store, "base", BASE), put(store, "whole", BASE, *STEPS)
    image = read(store, squash(store, whole, base, [Reference.parse("flat").tagged]))

    assert image.tags == ("flat:latest",)
    assert image.chain[:1] == read(store, base).chain
    assert len(image.chain) == 2
    assert tree(store, image) == tree(store, read(store, whole)) == {
        "etc/a": "changed", "usr/lib/x": "x", "opt/p": "p", "big": "bigger",
    }  # fmt: skip
    assert image.chain[1].size == len("changedpbigger")
    assert not Path(store.paths.snapshot(image.chain[1].snapshot), "usr").exists()
    assert_whole(store)


def test_its_history_tells_the_steps_and_the_merge_as_docker_does(store: Store) -> None:
    base, whole = put(store, "base", BASE), put(store, "whole", BASE, *STEPS)
    id = squash(store, whole, base, [])

    assert [(entry.created_by, entry.size, entry.comment) for entry in images(store).history(id)] == [
        ("", 14, f"merge {whole} to {base}"),
        ("step 2", 0, ""),
        ("step 1", 0, ""),
        ("step 0", 4, ""),
    ]
    assert read(store, id).parent == ""
    assert read(store, id).config["config"] == {"Cmd": ["sh"]}


def test_from_scratch_everything_is_one_layer(store: Store) -> None:
    whole = put(store, "whole", BASE, *STEPS)
    image = read(store, squash(store, whole, "", []))

    assert len(image.chain) == 1
    assert tree(store, image) == tree(store, read(store, whole))
    assert images(store).history(image.id)[0].comment == f"create new from {whole}"
    names = os.listdir(f"{store.paths.snapshot(image.chain[0].snapshot)}/etc")
    assert names == ["a"]


def test_steps_without_layers_add_none(store: Store) -> None:
    base = put(store, "base", BASE)
    image = read(store, squash(store, base, base, []))

    assert image.chain == read(store, base).chain
    assert image.config["history"][-1]["empty_layer"] is True
