from __future__ import annotations

import sqlite3

import pytest

from engine.errors import Conflict
from engine.images.images import Images
from engine.images.intake import Draft, Intake, Layer, Listing
from engine.oci.reference import Reference
from engine.store.store import Store
from tests.engine.images.archives import make
from tests.engine.images.conftest import Add
from tests.engine.images.steps import below, build, config_of, staged
from tests.engine.images.whole import assert_empty, assert_whole

BASE = make({"base": b"1"})


def test_the_steps_of_a_build_are_listed_at_once_each_on_the_one_before(
    images: Images, store: Store, add: Add
) -> None:
    base = add(BASE, "base")
    one, two, three = build(store, base, {"a": b"22"}, {}, {"b": b"333"}, name="app")

    assert [images.get(id).parent for id in (base, one, two, three)] == ["", base, one, two]
    assert [images.get(id).size for id in (base, one, two, three)] == [1, 3, 3, 6]
    assert images.get("app").id == three
    assert [len(images.get(id).chain) for id in (one, two, three)] == [2, 2, 3]
    assert_whole(store)


def test_a_layer_that_several_steps_have_is_stored_once(store: Store, add: Add) -> None:
    build(store, "", {"a": b"1"}, {}, {})

    assert store.query("SELECT count(*) FROM layers")[0][0] == 1
    assert_whole(store)


def test_a_layer_that_is_there_already_is_not_stored_again(store: Store, add: Add) -> None:
    build(store, "", {"a": b"1"}, day=1)
    build(store, "", {"a": b"1"}, day=2)

    assert store.query("SELECT count(*) FROM layers")[0][0] == 1
    assert_whole(store)


def test_all_are_listed_or_none(store: Store) -> None:
    gone = Layer(f"sha256:{'9' * 64}", 1, None, None)
    with store.ingest() as ingest:
        intake = Intake(store, ingest)
        layers = [staged(ingest, "a", {"a": b"1"})]
        good = Listing(Draft(config_of(layers, []), layers))
        bad = Listing(Draft(config_of([gone], []), [gone]))
        with pytest.raises(Conflict, match="removed meanwhile"):
            intake.commit_all([good, bad])

    assert_empty(store)


def test_more_rows_are_written_in_the_same_transaction(store: Store) -> None:
    def remember(connection: sqlite3.Connection, id: str) -> None:
        connection.execute("INSERT INTO steps VALUES ('key', ?, 'kin', '{}', 0, 0)", (id,))

    with store.ingest() as ingest:
        layers = [staged(ingest, "a", {"a": b"1"})]
        listing = Listing(Draft(config_of(layers, []), layers), step=True, also=remember)
        id = Intake(store, ingest).commit_all([listing])[0].id

    assert [row["image"] for row in store.query("SELECT image FROM steps")] == [id]


def test_a_step_that_comes_again_as_a_result_is_one(images: Images, store: Store, add: Add) -> None:
    base = add(BASE, "base")
    one, _ = build(store, base, {"a": b"1"}, {})
    with store.ingest() as ingest:
        intake = Intake(store, ingest)
        layers = below(store, one)
        config = store.content.read(one)
        replaced = intake.commit(Draft(config, layers), [Reference.parse("one").tagged], parent=base).replaced

    assert replaced == [""]
    assert images.get("one").id == one
    assert store.query("SELECT step, parent FROM images WHERE id = ?", (one,))[0]["step"] == 0


def test_a_parent_that_was_removed_meanwhile_is_none(images: Images, store: Store) -> None:
    with store.ingest() as ingest:
        layers = [staged(ingest, "a", {"a": b"1"})]
        draft = Draft(config_of(layers, []), layers)
        id = Intake(store, ingest).commit(draft, parent=f"sha256:{'9' * 64}").id

    assert images.get(id).parent == ""
