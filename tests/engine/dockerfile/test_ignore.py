"""What a .dockerignore leaves out, and the patterns of COPY --exclude."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.dockerfile.ignore import Ignore, lines
from engine.dockerfile.patterns import Patterns, glob
from engine.errors import InvalidInput

TABLE = Path(__file__).parents[4] / "shared" / "conformance" / "tables" / "patternmatcher.jsonl"

recorded = pytest.mark.skipif(
    not TABLE.exists(), reason="the conformance tables are not beside this checkout"
)


def rows(variable):
    if not TABLE.exists():
        return []
    tables = [json.loads(line) for line in TABLE.read_text().splitlines()]
    return next(table["rows"] for table in tables if table["var"] == variable)


def left_out(text, paths):
    ignore = Ignore(text)
    return [path for path in paths.split() if ignore.excluded(path)]


PATHS = (
    "a a/b a/b/c a/keep main.go main.pyc lib/x.pyc lib/deep/y.pyc .git .git/config README.md docs/README.md"
)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("", ""),
        ("a", "a a/b a/b/c a/keep"),
        ("/a", "a a/b a/b/c a/keep"),
        ("./a/", "a a/b a/b/c a/keep"),
        ("a/*", "a/b a/b/c a/keep"),
        ("*/b", "a/b a/b/c"),
        ("*.pyc", "main.pyc"),
        ("**/*.pyc", "main.pyc lib/x.pyc lib/deep/y.pyc"),
        ("lib/**/*.pyc", "lib/x.pyc lib/deep/y.pyc"),
        ("a/**", "a/b a/b/c a/keep"),
        ("a\n!a/keep", "a a/b a/b/c"),
        ("!a/keep\na", "a a/b a/b/c a/keep"),
        ("a\n!**/keep", "a a/b a/b/c"),
        ("*.md\n!README*.md", ""),
        ("**/README.md\n!docs/README.md", "README.md"),
        ("main.??", "main.go"),
        ("main.[a-g]o", "main.go"),
        ("main.[^a-f]*", "main.go main.pyc"),
        ("# a\n #a\n\n  .git  \r\n", ".git .git/config"),
        ("\ufeffa/b", "a/b a/b/c"),
        ("../a\nA", ""),
        (".", ""),
        (r"\a", "a a/b a/b/c a/keep"),
    ],
)
def test_what_is_left_out(text, gone):
    assert left_out(text, PATHS) == gone.split()


@pytest.mark.parametrize("text", ["[", "a[", "[]a]", "[a-]", "[z-a]", "a\\", "!["])
def test_a_pattern_that_cannot_be_read_is_shown(text):
    with pytest.raises(InvalidInput) as caught:
        Ignore(text)
    assert str(caught.value) == f"error checking context: syntax error in pattern: {text.lstrip('!')}"


def test_an_exclamation_mark_alone_is_refused():
    with pytest.raises(InvalidInput, match='error checking context: illegal exclusion pattern: "!"'):
        Ignore("a\n! \n")


def test_a_file_is_read_as_docker_reads_it():
    text = "test1\n/test2\n/a/file/here\n\nlastfile\n# a comment\n! /inverted/abs/path\n"
    assert lines(text) == ["test1", "test2", "a/file/here", "lastfile", "!inverted/abs/path"]


def test_names_that_are_no_utf8_can_be_left_out():
    name = b"caf\xe9"
    assert Ignore(name).excluded(name.decode("utf-8", "surrogateescape"))


def test_a_directory_is_entered_only_where_something_may_be_kept():
    ignore = Ignore("*\n!src/app\n!lib/**/keep\n!doc/*.md")
    assert [ignore.may_reinclude(name) for name in ("src", "lib", "doc", "node_modules")] == [1, 1, 1, 0]
    assert ignore.may_reinclude("lib/a/b")
    assert not ignore.may_reinclude("src/other")
    assert not ignore.may_reinclude("doc/sub")
    assert Ignore("*\n!**/keep").may_reinclude("any/where")
    assert not Ignore("!a/b\na").may_reinclude("a")


def test_no_patterns_are_no_work():
    assert not Ignore()
    assert not Patterns([])
    assert Ignore("a")


def test_patterns_of_a_flag_are_not_taken_as_a_file():
    assert not Patterns(["#a", " "]).excluded("a")
    assert Patterns(["#a"]).excluded("#a")


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*.go", "a.go", 1),
        ("*.go", "d/a.go", 0),
        ("**", "a", 1),
        ("**", "a/b", 0),
        (r"\*", "*", 1),
        (r"\*", "a", 0),
    ],
)
def test_a_glob_of_one_name(pattern, name, fits):
    assert bool(glob(pattern).fullmatch(name)) == fits


@pytest.mark.conformance
@recorded
@pytest.mark.parametrize("row", [*rows("tests"), *rows("multiPatternTests")], ids=str)
def test_a_row_of_the_table_of_paths(row):
    assert Patterns(row.get("patterns") or [row["pattern"]]).excluded(row["text"]) == row["pass"]


@pytest.mark.conformance
@recorded
@pytest.mark.parametrize("row", rows("matchTests"), ids=str)
def test_a_row_of_the_table_of_patterns(row):
    if row["err"]:
        with pytest.raises(InvalidInput, match="syntax error in pattern"):
            Patterns([row["pattern"]])
    else:
        assert Patterns([row["pattern"]]).excluded(row["s"]) == row["match"]


@pytest.mark.conformance
@recorded
@pytest.mark.parametrize("row", [row for row in rows("compileTests") if row["compiledRegexp"]], ids=str)
def test_a_row_of_the_table_of_expressions(row):
    theirs = re.compile(row["compiledRegexp"])
    ours = Patterns([row["pattern"]])
    pieces = ("abe", "file", "filetxt", "dir2", "x.txt", "abcZdef", ".foo", "b")
    paths = [*pieces, *(f"{a}/{b}" for a in pieces for b in pieces)]
    for path in paths:
        parents = [path[:at] for at in range(len(path) + 1) if at == len(path) or path[at] == "/"]
        assert ours.excluded(path) == any(theirs.search(parent) for parent in parents), path


@pytest.mark.conformance
@recorded
def test_the_lines_of_a_file_are_the_table_s():
    text = "test1\n/test2\n/a/file/here\n\nlastfile\n# this is a comment\n! /inverted/abs/path\n!\n! \n"
    assert lines(text) == rows("expected")


names = st.text("ab.", min_size=1, max_size=3)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
pieces = st.sampled_from(["a", "b", "ab", "*", "**", "?", "[a-b]", "[^a]", "a*", "*b", "**a", "\\a"])
patterns = st.builds(
    "{}{}".format, st.sampled_from(["", "!"]), st.lists(pieces, min_size=1, max_size=4).map("/".join)
)


def slowly(written, path):
    """Ask each pattern, alone, about each directory above: the last that fits decides."""
    parts = path.split("/")
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    outcome = False
    for pattern in written:
        if any(Patterns([pattern.removeprefix("!")]).excluded(name) for name in above):
            outcome = not pattern.startswith("!")
    return outcome


@given(st.lists(patterns, max_size=5), st.lists(paths, min_size=1, max_size=5))
def test_the_last_pattern_that_fits_decides(written, asked):
    ignore = Patterns(written)
    for path in asked:
        assert ignore.excluded(path) == slowly(written, path)


@given(st.lists(patterns, min_size=1, max_size=5), paths, paths)
@example(["*", "!a/*/b"], "a", "ab/b")
def test_nothing_is_kept_below_a_directory_that_is_not_entered(written, directory, below):
    ignore = Patterns(written)
    if ignore.excluded(directory) and not ignore.may_reinclude(directory):
        assert ignore.excluded(f"{directory}/{below}")


@given(st.binary(max_size=60) | st.text("ab*?[]^-\\!/.# \n", max_size=40).map(str.encode), paths)
def test_whatever_is_written_is_read_or_refused(text, path):
    try:
        ignore = Ignore(text)
    except InvalidInput:
        return
    if not ignore:
        assert not ignore.excluded(path)
    if ignore.excluded(path):
        ignore.may_reinclude(path)


@given(st.text("ab/.", max_size=20), st.text("ab/.", max_size=20))
def test_letters_fit_but_themselves(pattern, path):
    alone = Patterns([pattern])
    if alone.excluded(path):
        assert path.startswith(alone.patterns[0].text)
