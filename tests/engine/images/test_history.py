from __future__ import annotations

from engine.images.images import Images
from engine.images.records import HistoryEntry
from engine.moments import NEVER
from engine.store.store import Store
from tests.engine.images.archives import make
from tests.engine.images.conftest import Add
from tests.engine.images.steps import build


def test_steps_are_told_newest_first_each_with_its_layer_s_size(images: Images, add: Add) -> None:
    made = make(
        {"a": b"x" * 5},
        {"b": b"x" * 7},
        history=[
            {"created": "1970-01-01T00:00:01Z", "created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
            {
                "created": "1970-01-01T00:00:02Z",
                "created_by": "/bin/sh -c #(nop)  CMD [a]",
                "empty_layer": True,
            },
            {"created": "1970-01-01T01:00:03.5+01:00", "created_by": "/bin/sh -c b", "comment": "c"},
        ],
    )
    add(made, "x:1", "y:1")

    assert images.history("x:1") == [
        HistoryEntry(made.id, 3.5, "/bin/sh -c b", 7, "c", ("x:1", "y:1")),
        HistoryEntry("<missing>", 2.0, "/bin/sh -c #(nop)  CMD [a]", 0, "", ()),
        HistoryEntry("<missing>", 1.0, "/bin/sh -c #(nop) ADD file:1 in / ", 5, "", ()),
    ]


def test_an_image_need_not_have_a_history(images: Images, add: Add) -> None:
    add(make({"a": b""}, history=None), "x")

    assert images.history("x") == []


def test_a_history_may_be_longer_than_the_stack(images: Images, add: Add) -> None:
    add(make({"a": b"1"}, history=[{}, {}]), "x")

    assert [(entry.size, entry.created) for entry in images.history("x")] == [(0, NEVER), (1, NEVER)]


def test_steps_whose_images_are_here_have_their_ids_and_names(images: Images, store: Store, add: Add) -> None:
    base = add(make({"0": b""}, {"1": b""}), "base:1")
    one, two, three = build(store, base, {"a": b"1"}, {}, {"b": b"22"}, name="app:1")
    images.tag(two, "two:1")

    assert [(entry.id, entry.size, entry.tags) for entry in images.history("app:1")] == [
        (three, 2, ("app:1",)),
        (two, 0, ("two:1",)),
        (one, 1, ()),
        (base, 0, ("base:1",)),
        ("<missing>", 0, ()),
    ]
