"""Words of a Dockerfile's line: quotes, escapes, variables and their modifiers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dockerfile.words import expand, expand_document, split, unset, used
from engine.errors import InvalidInput

VARIABLES = {"PWD": "/home", "EMPTY": "", "FILE": "/src/a.tar.gz", "TWICE": "a-b-a-b", "LINES": "one\ntwo"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("plain", "plain"),
        ("$PWD/x", "/home/x"),
        ("${PWD}x", "/homex"),
        ("'$PWD'", "$PWD"),
        ('"$PWD"', "/home"),
        (r"\$PWD", "$PWD"),
        ("a$", "a$"),
        ("$NONE", ""),
        ("${NONE:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${EMPTY:+d}", ""),
        ("${EMPTY+d}", "d"),
        ("${NONE:-${PWD}}", "/home"),
        ("${NONE:-'$PWD'}", "$PWD"),
        ("${FILE#*/}", "src/a.tar.gz"),
        ("${FILE##*/}", "a.tar.gz"),
        ("${FILE%.*}", "/src/a.tar"),
        ("${FILE%%.*}", "/src/a"),
        ("${FILE%/x}", "/src/a.tar.gz"),
        ("${TWICE/a/x}", "x-b-a-b"),
        ("${TWICE//a/x}", "x-b-x-b"),
        ("${TWICE//-?}", None),
        ("${TWICE//-?/}", "a"),
        ("${TWICE//b/}", "a--a-"),
        ("${LINES#*}", "one\ntwo"),
        ("${LINES##*}", "\ntwo"),
        ("${NONE#x}", ""),
    ],
)
def test_a_variable_and_its_modifiers(word, expected):
    if expected is None:
        with pytest.raises(InvalidInput, match="syntax error: missing '/'"):
            expand(word, VARIABLES)
    else:
        assert expand(word, VARIABLES) == expected


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("'open", "unexpected end of statement while looking for matching single-quote"),
        ("${PWD", "syntax error: missing '}'"),
        ("${}", "syntax error: bad substitution"),
        ("${PWD:=x}", "unsupported modifier (:=) in substitution"),
        ("${PWD!x}", "unsupported modifier (!) in substitution"),
        ("${NONE:?}", "NONE: is not allowed to be unset"),
        ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
        ("${NONE?give it}", "NONE: give it"),
    ],
)
def test_what_cannot_be_read_is_told_as_docker_tells_it(word, fault):
    with pytest.raises(InvalidInput) as caught:
        expand(word, VARIABLES)
    assert str(caught.value) == f'failed to process "{word}": {fault}'


def test_a_sentence_quotes_the_word_as_go_does():
    with pytest.raises(InvalidInput) as caught:
        expand('"a\n', {})
    assert str(caught.value).startswith(r'failed to process "\"a\n": unexpected end')


def test_the_escape_directive_gives_the_backslash_back_to_windows():
    assert expand(r"c:\dir`$x", {}, "`") == r"c:\dir$x"
    assert expand('"a`"b"', {}, "`") == 'a"b'


def test_words_part_at_blanks_that_a_variable_brought_unless_it_is_quoted():
    assert split("$P", {"P": " 80  443/udp "}) == ["80", "443/udp"]
    assert split('a"$P"', {"P": " 80 443"}) == ["a 80 443"]
    assert split(r"a\ b ''", {}) == ["a b"]


def test_a_document_keeps_its_quotes_and_loses_its_backslashes():
    text = "say \"$PWD\" or '$PWD'\n\\$PWD \\\\ \\n\n"
    assert expand_document(text, VARIABLES) == "say \"/home\" or '/home'\n$PWD \\ n\n"


def test_a_document_that_breaks_off_in_a_variable_is_refused():
    with pytest.raises(InvalidInput, match="missing '}'"):
        expand_document("${PWD", VARIABLES)


def test_which_variables_a_word_asks_for():
    assert unset("$A${B:-$C}'$D'$A$PWD", VARIABLES) == ("A", "C", "B")
    assert used("$A${PWD}", VARIABLES) == ("PWD",)
    assert unset("'$A'", {}, quotes=False) == ("A",)


def test_a_pattern_of_many_stars_takes_no_time():
    assert expand("${X##" + "*a" * 40 + "b}", {"X": "a" * 400}) == "a" * 400


@given(st.text(alphabet="ab$${}:-+?#%/*\\'\" \n", max_size=30), st.text("ab*?\\ \n", max_size=8))
def test_whatever_is_written_is_read_or_refused(word, value):
    try:
        text = expand(word, {"a": value, "b": ""})
    except InvalidInput:
        return
    joined = "".join(split(word, {"a": value, "b": ""}))
    assert "".join(joined.split()) == "".join(text.split())


@given(st.text(alphabet="abc$ \\\"'é", max_size=20))
def test_what_is_single_quoted_stays(text):
    quoted = "'" + text.replace("'", "'\\''") + "'"
    assert expand(quoted, {"a": "x"}) == text


@given(st.text(max_size=20), st.dictionaries(st.text("AB", min_size=1), st.text(max_size=5)))
def test_a_value_is_never_read_again(value, variables):
    assert expand("$X", {**variables, "X": value}) == value
