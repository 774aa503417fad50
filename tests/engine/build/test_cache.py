"""What is known of earlier steps, and what is said of why one was not found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.build.cache import Cache, Facts, Kin, difference, digest, record
from engine.build.deed import hashed
from engine.paths import Paths
from engine.store.store import Store
from tests.engine.images.steps import build

OLD = Facts("parent", "RUN make", hashed({"V": "1"}), "files", "network=none")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(Paths(f"{tmp_path}/yard", f"{tmp_path}/yard/run")) as store:
        yield store


def remember(store: Store, image: str, facts: Facts, kin: str = "kin") -> None:
    with store.transaction() as connection:
        record(connection, image, facts, kin)


CHANGES = {
    "parent": ({"parent": "other"}, "parent changed"),
    "an argument": ({"arguments": hashed({"V": "2"})}, "ARG V changed"),
    "two arguments": ({"arguments": hashed({"W": "1"})}, "ARG V, W changed"),
    "an argument and the parent": ({"arguments": {}, "parent": "x"}, "ARG V changed"),
    "a variable in the text": ({"text": "RUN make all"}, "its variables changed"),
    "files": ({"reads": "others"}, ""),
    "files and the parent": ({"reads": "others", "parent": "x"}, ""),
    "options": ({"options": ""}, "its options changed"),
    "nothing": ({}, "its result was removed"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_why_a_step_was_not_found(case: str) -> None:
    changed, said = CHANGES[case]
    assert difference(OLD._replace(**changed), Kin(OLD, "image", 0)) == said  # type: ignore[arg-type]


def test_a_step_that_never_was_is_new() -> None:
    assert difference(OLD, None) == "new"


@pytest.mark.parametrize("case", [case for case in CHANGES if CHANGES[case][0]])
def test_whatever_changes_changes_the_key(case: str) -> None:
    assert OLD._replace(**CHANGES[case][0]).key != OLD.key  # type: ignore[arg-type]


@given(some.lists(some.text(), max_size=4), some.lists(some.text(), max_size=4))
def test_no_two_lists_of_texts_have_one_digest(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_nobody_reads_an_arguments_value_back() -> None:
    assert "s3cr3t" not in str(hashed({"TOKEN": "s3cr3t"}))


def test_a_step_is_found_by_its_key_and_its_kin_is_the_last_one(store: Store) -> None:
    first, second = build(store, "", {"a": b"1"}, {"b": b"2"}, name="app")
    cache = Cache(store)
    assert (cache.find(OLD.key), cache.kin("kin")) == (None, None)
    remember(store, first, OLD)
    remember(store, second, OLD._replace(parent="later"))
    assert cache.find(OLD.key) == first
    kin = cache.kin("kin")
    assert kin
    assert (kin.facts.parent, kin.image) == ("later", second)
    assert Path(store.paths.snapshot(kin.snapshot), "b").read_bytes() == b"2"


def test_the_latest_result_of_a_step_counts(store: Store) -> None:
    first, second = build(store, "", {"a": b"1"}, {"b": b"2"}, name="app")
    remember(store, first, OLD)
    remember(store, second, OLD)
    assert Cache(store).find(OLD.key) == second


def test_a_step_whose_image_is_gone_is_unknown(store: Store) -> None:
    (image,) = build(store, "", {"a": b"1"}, name="app")
    remember(store, image, OLD)
    with store.transaction() as connection:
        connection.execute("DELETE FROM tags")
        connection.execute("DELETE FROM images WHERE id = ?", (image,))
    assert Cache(store).find(OLD.key) is None
    assert Cache(store).kin("kin") is None
