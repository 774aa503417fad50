"""Text with roles, cut and set to a width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.workbench.spans import Span, cut, cut_spans, plain, spread, width_of, wrap

TEXT = st.text(st.characters(exclude_categories=["C"]), max_size=60)


def test_controls_become_a_space() -> None:
    assert plain("a\x1b[31m\tb\r\nc") == "a [31m b c"


def test_cut_says_that_it_cut() -> None:
    assert (cut("abcdef", 6), cut("abcdef", 5), cut("abcdef", 1), cut("abcdef", 0)) == (
        "abcdef",
        "abcd…",
        "…",
        "",
    )


@given(TEXT, st.integers(0, 40))
def test_nothing_cut_is_wider_than_wanted(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width


@given(st.lists(TEXT, max_size=4), TEXT, st.integers(30, 60))
def test_spread_fills_the_width(left: list[str], right: str, width: int) -> None:
    end = [Span(cut(right, 20))]
    assert width_of(spread([Span(text) for text in left], end, width)) == width


def test_the_left_side_yields() -> None:
    spans = spread([Span("a long name", "strong")], [Span("4m", "dim")], 10)
    assert "".join(span.text for span in spans) == "a long… 4m"


def test_cut_spans_keeps_roles() -> None:
    assert cut_spans([Span("ab", "good"), Span("cdef", "bad")], 4) == [Span("ab", "good"), Span("c…", "bad")]


@given(TEXT, st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_no_words(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(plain(text).split())
