"""Whatever a program writes: nothing breaks, however it is cut, and a redrawn screen is the same screen."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.terminal.parser import Parser
from app.terminal.redraw import redraw
from app.terminal.screen import Screen

_FINALS = "@ABCDEFGHIJKLMPSTXZ`abcdefghlmnqrstu"
_sequence = st.builds(
    "\x1b[{}{}{}".format,
    st.sampled_from(["", "", "?", ">"]),
    st.lists(st.integers(0, 60).map(str), max_size=4).map(";".join),
    st.sampled_from(_FINALS),
)
_private = st.builds(
    "\x1b[?{}{}".format,
    st.sampled_from([1, 5, 6, 7, 25, 47, 1000, 1006, 1047, 1048, 1049, 2004]),
    st.sampled_from("hl"),
)
_ESCAPES = "\x1b7 \x1b8 \x1bD \x1bM \x1bE \x1bc \x1b(0 \x1b(B \x1b]0;t\x07 \x1bP$qm\x1b\\ \x1b[!p \x1b#8"
_other = st.sampled_from([*_ESCAPES.split(), *"\n\t\b\x0e\x0f漢\u200d\ufe0f😀", "\r\n", "e\u0301"])
_words = st.one_of(st.text(max_size=12), _sequence, _private, _other)
_written = _words.map(lambda text: text.encode("utf-8", "replace"))
programs = st.lists(st.one_of(_written, st.binary(max_size=6)), max_size=40).map(b"".join)


def state(screen: Screen) -> tuple[object, ...]:
    cells = [(row.texts, row.pens) for row in screen.grid.rows]
    return cells, screen.x, screen.y, screen.waiting, screen.pen, screen.modes, screen.top, screen.bottom


def fed(data: bytes, size: tuple[int, int]) -> Screen:
    screen = Screen(*size)
    Parser(screen).feed(data)
    return screen


sizes = st.tuples(st.integers(1, 30), st.integers(1, 8))


@settings(max_examples=300, deadline=None)
@given(programs, sizes)
def test_nothing_breaks_and_the_screen_stays_whole(data: bytes, size: tuple[int, int]) -> None:
    screen = fed(data, size)
    width, height = size
    assert len(screen.grid.rows) == height
    assert all(len(row.texts) == len(row.pens) == width for row in screen.grid.rows)
    assert 0 <= screen.x < width
    assert 0 <= screen.y < height
    assert all(row.texts[0] != "" for row in screen.grid.rows)
    assert not any("\x1b" in row.text or "\n" in row.text for row in screen.grid.rows)


@settings(max_examples=200, deadline=None)
@given(programs, sizes, st.lists(st.integers(0, 200), max_size=6))
def test_it_does_not_matter_how_it_is_cut(data: bytes, size: tuple[int, int], cuts: list[int]) -> None:
    screen = Screen(*size)
    parser = Parser(screen)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        parser.feed(data[start:end])
    assert state(screen) == state(fed(data, size))
    byte_by_byte = Screen(*size)
    parser = Parser(byte_by_byte)
    for byte in data:
        parser.feed(bytes((byte,)))
    assert state(byte_by_byte) == state(screen)


@settings(max_examples=200, deadline=None)
@given(programs, sizes, sizes)
def test_any_size_may_follow(data: bytes, size: tuple[int, int], other: tuple[int, int]) -> None:
    screen = fed(data, size)
    screen.resize(*other)
    Parser(screen).feed(data)
    screen.resize(*size)
    assert len(screen.grid.rows) == size[1]
    assert all(len(row.texts) == len(row.pens) == size[0] for row in screen.grid.rows)


@settings(max_examples=200, deadline=None)
@given(programs)
def test_a_redrawn_screen_is_the_same(data: bytes) -> None:
    screen = fed(data, (20, 6))
    again = fed(redraw(screen), (20, 6))
    assert [row.text for row in again.grid.rows] == [row.text for row in screen.grid.rows]
    assert [row.pens for row in again.grid.rows] == [row.pens for row in screen.grid.rows]
    assert (again.x, again.y, again.pen) == (screen.x, screen.y, screen.pen)
    assert again.modes - {47, 1047, 1049} == screen.modes - {47, 1047, 1049}
    assert again.alternate == screen.alternate
