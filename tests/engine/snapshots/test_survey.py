"""A survey of a stack: what it holds for nothing, what is largest, what each layer did. It is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from engine.snapshots.index import index, is_whole, names, order
from engine.snapshots.survey import Place, Share, Survey, read, survey
from tests.engine.snapshots.stacks import Layer

pytestmark = pytest.mark.root
Make = Callable[[], Layer]


@pytest.fixture
def layer(tmp_path: Path) -> Make:
    count = iter(range(100))
    return lambda: Layer(str(tmp_path / f"{next(count)}" / "diff"))


def places(*layers: Layer) -> list[Place]:
    folders = [os.path.dirname(layer.path) for layer in layers]
    return [Place(f"{one}/diff", f"{one}/names", f"{one}/survey") for one in folders]


def surveyed(*layers: Layer) -> Survey:
    return survey(places(*layers), lambda *_: None)


def listed(stack: Sequence[Place]) -> list[str]:
    return list(names(stack[0].names))


def test_waste_is_what_no_container_can_see(layer: Make) -> None:
    base = layer().file("big", "x" * 1000).file("kept", "k" * 10)
    base.file("gone/a", "y" * 200).file("o/b", "z" * 30)
    middle = layer().file("big", "x" * 900).whiteout("gone")
    top = layer().file("big", "x" * 5).directory("o", opaque=True).file("o/c", "c")
    found = surveyed(base, middle, top)
    assert found.waste == (("/big", 2, 1900), ("/gone/a", 1, 200), ("/o/b", 1, 30))
    assert (found.wasted, found.size) == (2130, 1000 + 10 + 200 + 30 + 900 + 5 + 1)
    assert found.efficiency == 1 - 2130 / 2146


def test_nothing_is_wasted_by_one_layer(layer: Make) -> None:
    found = surveyed(layer().file("a", "aa"))
    assert (found.wasted, found.efficiency) == (0, 1.0)


def test_nothing_is_wasted_where_a_directory_came_back(layer: Make) -> None:
    base = layer().file("d/a", "1")
    back = layer().file("d/a", "22")
    assert surveyed(base, layer().whiteout("d"), back).waste == (("/d/a", 1, 1),)


def test_a_file_in_the_place_of_a_directory_hides_what_was_in_it(layer: Make) -> None:
    base = layer().file("d/a", "1").file("d.x", "seen")
    assert surveyed(base, layer().file("d", "now a file")).waste == (("/d/a", 1, 1),)


def test_a_hard_link_weighs_nothing_more(layer: Make) -> None:
    assert surveyed(layer().file("a", "12345").link("b", "a")).size == 5


def test_the_largest_that_are_seen_and_their_layers(layer: Make) -> None:
    base = layer().file("old", "x" * 50).file("a", "x" * 30)
    found = surveyed(base, layer().file("old", "x" * 20).file("b", "x" * 40))
    assert found.largest == (("/b", 2, 40), ("/a", 1, 30), ("/old", 2, 20))
    assert found.files == 3


def test_what_each_layer_did(layer: Make) -> None:
    base = layer().file("a", "1").file("b", "22").file("d/c", "333")
    found = surveyed(base, layer().file("a", "4444").file("new", "5").whiteout("b"), layer().whiteout("d"))
    assert found.layers == (Share(3, 0, 0, 6, 6), Share(1, 1, 1, 5, 0), Share(0, 0, 1, 0, 0))


def test_names_stand_in_the_order_of_a_walk_whatever_is_in_them(layer: Make) -> None:
    made = layer().file("a/b", "").file("a.c", "").file("a b\n", "").file(os.fsdecode(b"\xff"), "")
    stack = places(made)
    survey(stack, lambda *_: None)
    assert listed(stack) == ["/a", "/a/b", "/a b\n", "/a.c", "/\udcff"]
    encoded = [order(os.fsencode(name)) for name in listed(stack)]
    assert encoded == sorted(encoded)


def test_a_survey_is_kept_and_no_layer_is_walked_twice(layer: Make) -> None:
    base, other = layer().file("a", "1"), layer().file("a", "2")
    assert read(places(base, other)) is None
    made = surveyed(base, other)
    walked: list[int] = []
    assert survey(places(base, other), lambda number, *_: walked.append(number)) == made
    assert walked == []
    survey(places(base, layer().file("b", "3")), lambda number, *_: walked.append(number))
    assert walked == [2]


def test_what_a_crash_cut_short_is_made_again(layer: Make) -> None:
    made = layer().file("a", "1").file("b", "2")
    (place,) = places(made)
    index(place.layer, place.names, lambda _: None)
    whole = Path(place.names).read_bytes()
    for cut in (0, 10, len(whole) - 1, len(whole) - 4):
        Path(place.names).write_bytes(whole[:cut])
        assert not is_whole(place.names)
    index(place.layer, place.names, lambda _: None)
    assert Path(place.names).read_bytes() == whole
    Path(place.survey).write_text('{"version": 1, "si')
    assert read([place]) is None
    assert surveyed(made).size == 2
    Path(place.names).unlink()
    assert read([place]) is None
    assert surveyed(made).size == 2
    assert is_whole(place.names)


def test_a_survey_that_is_cancelled_leaves_no_half_an_index(layer: Make) -> None:
    def cancel(*_: int) -> None:
        raise InterruptedError

    stack = places(layer().file("a", "1"))
    with pytest.raises(InterruptedError):
        survey(stack, cancel)
    assert not is_whole(stack[0].names)
    assert read(stack) is None
