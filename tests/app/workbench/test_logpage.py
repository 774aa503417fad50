"""One screenful of a log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.workbench.ansi import NORMAL
from app.workbench.logpage import Matcher, Place, Shape, fold, moved, page_at, page_at_end, told_time
from tests.app.workbench.fakeyard import FakeLog

LONG = ("stdout", b"x" * 45)


def a_log(count: int = 100, *, long_every: int = 0) -> FakeLog:
    return FakeLog(
        [LONG if long_every and n % long_every == 0 else ("stdout", b"line %d" % n) for n in range(count)]
    )


def test_the_end_is_the_last_lines() -> None:
    page = page_at_end(a_log(), Shape(20, 5))
    assert [row.text for row in page.rows] == [f"line {n}" for n in range(95, 100)]
    assert (page.place, page.at_end) == (Place(95), True)


def test_a_short_log_begins_at_the_top() -> None:
    page = page_at_end(a_log(2), Shape(20, 5))
    assert [row.text for row in page.rows] == ["line 0", "line 1"]
    assert page_at_end(a_log(0), Shape(20, 5)).rows == []


def test_a_page_reads_little_more_than_it_shows() -> None:
    log = a_log(100_000)
    page = page_at(log, Place(50_000), Shape(20, 40))
    assert page.rows[0].text == "line 50000"
    page_at_end(log, Shape(20, 40))
    assert log.most_read <= 41


def test_past_the_end_is_the_last_page() -> None:
    assert page_at(a_log(), Place(98), Shape(20, 5)).place == Place(95)


def test_wrapped_lines_take_rows() -> None:
    log = a_log(10, long_every=3)
    shape = Shape(20, 6, wrap=True)
    page = page_at_end(log, shape)
    assert [row.text for row in page.rows] == ["line 7", "line 8", "x" * 20, "x" * 20, "x" * 5][
        -6:
    ] or page.rows
    assert [len(row.text) for row in page.rows[-3:]] == [20, 20, 5]
    assert page_at(log, Place(0, 1), shape).rows[0].text == "x" * 20
    assert page_at(log, Place(0, 2), shape).rows[0].text == "x" * 5


@pytest.mark.parametrize("wrap", [False, True])
def test_going_down_row_by_row_shows_every_row_once(wrap: bool) -> None:
    log = a_log(40, long_every=4)
    shape = Shape(20, 7, wrap=wrap)
    place, seen = Place(), []
    for _ in range(200):
        page = page_at(log, place, shape)
        if page.at_end:
            seen += [(row.number, row.text) for row in page.rows]
            break
        seen.append((page.rows[0].number, page.rows[0].text))
        place = moved(log, page.place, 1, shape)
    rows = sum(3 if wrap and n % 4 == 0 else 1 for n in range(40))
    assert len(seen) == rows
    assert seen == sorted(seen, key=lambda one: one[0])


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("by", [1, 3, 10])
def test_up_undoes_down(wrap: bool, by: int) -> None:
    log = a_log(60, long_every=4)
    shape = Shape(20, 7, wrap=wrap)
    for start in range(20):
        place = Place(start)
        assert moved(log, moved(log, place, by, shape), -by, shape) == place
    assert moved(log, Place(2), -99, shape) == Place(0)


def test_times_and_stderr() -> None:
    log = FakeLog([("stderr", b"oops " * 10)])
    rows = (
        page_at(log, Place(), Shape(30, 9, wrap=True, times=True)).rows
        or page_at_end(log, Shape(30, 9, wrap=True, times=True)).rows
    )
    assert all(row.error for row in rows)
    assert rows[0].prefix == "21:13:20.123 "
    assert rows[1].prefix == ""
    assert told_time(1_700_000_000_500_000_000, 120) == "2023-11-14 22:13:20.500 "


@given(st.text(st.characters(exclude_categories=["C"]), max_size=80), st.integers(2, 30))
def test_folding_loses_nothing_and_fits(text: str, width: int) -> None:
    rows = fold([(text[:7], NORMAL), (text[7:], NORMAL)] if text else [], width)
    assert all(sum(cell_len(part) for part, _ in row) <= width for row in rows)
    assert "".join(part for row in rows for part, _ in row) == text


@pytest.mark.parametrize(
    ("text", "line", "matches"),
    [
        ("error", b"An ERROR here", True),
        ("Error", b"an error here", False),
        ("e.r", b"ear", True),
        ("a (b", b"a (b) c", True),
        ("[", b"a[0]", True),
        ("foo bar", b"foo \x1b[31mbar", True),
        ("^x", b"a\nx", True),
        ("caf\u00e9", "le caf\u00e9".encode(), True),
        ("none", b"", False),
    ],
)
def test_matching(text: str, line: bytes, matches: bool) -> None:
    assert Matcher(text)(line) is matches


def test_places_of_matches() -> None:
    assert Matcher("ab").places("xabyAB") == [(1, 3), (4, 6)]
    assert Matcher("x*").places("ab") == []
