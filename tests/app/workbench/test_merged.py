"""Several logs as one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.workbench import merged as merging
from app.workbench.merged import Merged, Part
from tests.app.workbench.fakeyard import FakeLog

Times = list[list[int]]


class TimedLog(FakeLog):
    """A log whose lines came at given seconds."""

    def __init__(self, name: str, times: list[int]) -> None:
        super().__init__([("stdout", f"{name}{second}".encode()) for second in times])
        self.times = times

    def lines(self, start: int, count: int) -> list[object]:  # type: ignore[override]
        found = super().lines(start, count)
        return [line._replace(time_ns=self.times[line.number] * 10**9) for line in found]


def together(times: Times) -> Merged:
    logs = [TimedLog(chr(ord("a") + n), one) for n, one in enumerate(times)]
    return Merged([Part(f"c{n}", log, lambda one=log: one) for n, log in enumerate(logs)])  # type: ignore[misc]


def told(merged: Merged) -> list[str]:
    lines = merged.lines(merged.first_line, 10_000)
    assert [line.number for line in lines] == list(range(merged.first_line, merged.line_count))
    return [line.text.decode() for line in lines]


def in_order(times: Times) -> list[str]:
    keyed = [(second, n, place) for n, one in enumerate(times) for place, second in enumerate(one)]
    return [f"{chr(ord('a') + n)}{second}" for second, n, _ in sorted(keyed)]


def test_lines_stand_in_the_order_in_which_they_came() -> None:
    merged = together([[1, 4, 6], [2, 3, 7]])
    assert told(merged) == ["a1", "b2", "b3", "a4", "a6", "b7"]
    first = merged.lines(merged.first_line, 1)[0]
    assert (first.source, first.hue) == ("c0", 0)  # type: ignore[attr-defined]


def test_only_what_is_shown_is_read() -> None:
    merged = together([list(range(0, 200_000, 2)), list(range(1, 200_000, 2))])
    last = [line.text for line in merged.lines(merged.line_count - 3, 3)]
    assert last == [b"b199997", b"a199998", b"b199999"]
    assert all(part.log.most_read <= 2 for part in merged.parts)  # type: ignore[attr-defined]


def test_what_is_dropped_at_the_front_moves_nothing() -> None:
    merged = together([[1, 4, 6], [2, 3, 7]])
    before = merged.lines(merged.first_line + 3, 3)
    merged.parts[0].log.dropped = 1  # type: ignore[attr-defined]
    assert told(merged) == ["b2", "b3", "a4", "a6", "b7"]
    assert merged.lines(before[0].number, 3) == before


def test_growth_moves_nothing() -> None:
    merged = together([[1, 4], [2, 3]])
    before = merged.lines(merged.first_line, 4)
    log = merged.parts[1].log
    assert isinstance(log, TimedLog)
    log.times.append(9)
    log._source.append(("stdout", b"b9"))
    assert merged.refresh()
    assert merged.lines(merged.first_line, 4) == before
    assert told(merged)[-1] == "b9"


TIMES = st.lists(st.lists(st.integers(0, 60), max_size=40).map(sorted), min_size=1, max_size=4)


@given(TIMES, st.integers(0, 160), st.data())
@settings(deadline=None, max_examples=80)
def test_any_place_is_found_from_anywhere(times: Times, near: int, data: st.DataObject) -> None:
    order = in_order(times)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "NEAR", near)
        merged = together(times)
        assert told(merged) == order
        for _ in range(4):
            fresh = together(times)
            place = data.draw(st.integers(0, max(0, len(order) - 1)))
            lines = fresh.lines(fresh.first_line + place, 3)
            assert [line.text.decode() for line in lines] == order[place : place + 3]


@given(TIMES, st.sampled_from(["a", "b3", "5", "nothing"]), st.booleans(), st.integers(0, 100))
@settings(deadline=None, max_examples=80)
def test_search_finds_the_nearest(times: Times, word: str, backward: bool, start: int) -> None:
    order = in_order(times)
    merged = together(times)
    found = merged.find(
        lambda text: re.search(word.encode(), text), merged.first_line + start, backward=backward
    )
    places = [n for n, text in enumerate(order) if word in text and (n <= start if backward else n >= start)]
    expected = (places[-1] if backward else places[0]) if places else None
    assert (None if found is None else found - merged.first_line) == expected
