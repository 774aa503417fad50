"""What a list is narrowed to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workbench.filter import Filter
from app.workbench.spans import Span

NAMES = ("web-1", "web-2", "db[1]", "Worker")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", NAMES),
        ("web", ("web-1", "web-2")),
        ("WEB", ("web-1", "web-2")),
        ("!web", ("db[1]", "Worker")),
        ("!", NAMES),
        ("~", NAMES),
        ("^web-[2-9]$|db", ("web-2", "db[1]")),
        ("[1", ("db[1]",)),
        ("web 2", ("web-2",)),
        ("1 !db", ("web-1",)),
        ("~wr", ("Worker",)),
        ("~we", ("web-1", "web-2", "Worker")),
        ("!~we", ("db[1]",)),
    ],
)
def test_what_fits(text: str, kept: tuple[str, ...]) -> None:
    assert tuple(name for name in NAMES if Filter(text).fits(name)) == kept


def test_words_are_found_in_all_that_is_said_and_fuzzy_ones_in_the_name_alone() -> None:
    assert Filter("web nginx").fits("web", "nginx:latest")
    assert Filter("~wb").fits("web", "nginx:latest")
    assert not Filter("~nx").fits("web", "nginx:latest")


def test_what_was_found_is_marked() -> None:
    assert Filter("we|-1").marked([Span("web-1", "dim")]) == [
        Span("we", "found"),
        Span("b", "dim"),
        Span("-1", "found"),
    ]
    assert [span.text for span in Filter("~wkr").marked([Span("worker")]) if span.role == "found"] == [
        "w",
        "k",
        "r",
    ]
    assert Filter("!web").marked([Span("db")]) == [Span("db")]


@given(st.text(), st.text())
def test_marking_changes_no_text(words: str, text: str) -> None:
    assert "".join(span.text for span in Filter(words).marked([Span(text)])) == text
