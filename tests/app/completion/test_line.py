"""Reading a line as a shell does, and quoting words to stand in it."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.completion.line import quoted, split, typed

WORD = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1)


@pytest.mark.parametrize(
    ("line", "words", "start"),
    [
        ("", ("",), 0),
        ("ru", ("ru",), 0),
        ("run ", ("run", ""), 4),
        ("docker ps -", ("ps", "-"), 10),
        ("stackyard ", ("",), 10),
        ("docker", ("docker",), 0),
        ('cp "my fi', ("cp", "my fi"), 3),
        ("cp my\\ fi", ("cp", "my fi"), 3),
        ("cp 'a'\"b\"c", ("cp", "abc"), 3),
        ("rm a''", ("rm", "a"), 3),
        ("echo \\", ("echo", ""), 5),
    ],
)
def test_the_words_before_the_cursor(line: str, words: tuple[str, ...], start: int) -> None:
    assert typed(line)[:2] == (words, start)


def test_an_open_quotation_mark_is_told() -> None:
    assert typed("cp 'a b").quote == "'"
    assert typed("cp \"it's").quote == '"'
    assert typed("cp 'a b'").quote == ""


@given(st.text())
def test_what_a_shell_reads_is_read_the_same(line: str) -> None:
    try:
        expected = shlex.split(line)
    except ValueError:
        typed(line)
        return
    words = list(typed(f"x {line} ").words)
    assert words == ["x", *expected, ""]


@given(WORD, st.sampled_from(["", "'", '"']))
def test_a_quoted_word_is_read_as_it_is(word: str, mark: str) -> None:
    assert shlex.split(quoted(word, mark)) == [word]


@given(st.text("ab '\"\\$é", min_size=1), st.sampled_from(["", "'", '"']))
def test_a_word_that_goes_on_is_read_as_far_as_it_goes(word: str, mark: str) -> None:
    read = typed(f"cp {quoted(word, mark, closed=False)}")
    assert (read.words[-1], read.quote) == (word, mark)


def test_the_programs_name_may_lead() -> None:
    assert split("docker ps -a") == split("stackyard ps -a") == split("ps -a") == ["ps", "-a"]
    with pytest.raises(ValueError, match="quotation"):
        split("ps 'a")
