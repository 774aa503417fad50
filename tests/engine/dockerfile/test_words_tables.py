"""BuildKit's tables of shell words."""

import json
from pathlib import Path

import pytest

from engine.dockerfile.words import expand, split, unset, used
from engine.errors import InvalidInput

DATA = Path(__file__).parents[4] / "shared" / "conformance"
SHELL = DATA / "parser" / "shell"
TABLE = DATA / "tables" / "dockerfile.jsonl"
VARIABLES = {"PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""}

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not SHELL.exists(), reason="the conformance data is not beside this checkout"),
]


def lines(name):
    """Tell each line of a table with its number; comments and blank ones say nothing."""
    if not SHELL.exists():
        return
    for number, line in enumerate((SHELL / name).read_text().split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def rows(function, variable):
    if not TABLE.exists():
        return []
    tables = [json.loads(line) for line in TABLE.read_text().splitlines()]
    found = [table for table in tables if (table["func"], table["var"]) == (function, variable)]
    assert found, f"no table {function} {variable}"
    return [
        row
        for table in found
        for row in (table["rows"]["$map"] if "$map" in table["rows"] else table["rows"])
    ]


def words():
    """Tell each line of the table of words with the variables that stand above it."""
    variables = {}
    for number, line in lines("wordsTest"):
        if line.startswith("ENV "):
            name, _, value = line[3:].lstrip(" ").partition("=")
            variables = {**variables, name: value}
        else:
            source, _, expected = line.partition("|")
            yield pytest.param(
                source.strip(), expected.lstrip(" ").split(","), variables, id=f"line {number}"
            )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(source.strip(), expected.strip(), id=f"line {number}")
        for number, line in lines("envVarTest")
        for system, source, expected in [line.split("|", 2)]
        if system.strip() in "AU"
    ],
)
def test_a_line_of_the_table_of_variables(source, expected):
    if expected == "error":
        with pytest.raises(InvalidInput):
            expand(source, VARIABLES)
    else:
        assert expand(source, VARIABLES) == expected


@pytest.mark.parametrize(("source", "expected", "variables"), words())
def test_a_line_of_the_table_of_words(source, expected, variables):
    if expected == ["error"]:
        with pytest.raises(InvalidInput):
            split(source, variables)
    else:
        assert split(source, variables) == expected


@pytest.mark.parametrize("row", rows("TestProcessWithMatches", "tc"), ids=lambda row: row["input"])
def test_a_row_of_the_table_of_modifiers(row):
    variables = dict(row["envs"]["$map"])
    if row.get("expectedErr"):
        with pytest.raises(InvalidInput):
            expand(row["input"], variables)
        return
    assert expand(row["input"], variables) == row["expected"]
    for asked, key in ((used, "matches"), (unset, "unmatched")):
        names = dict((row.get(key) or {}).get("$map", ()))
        assert set(asked(row["input"], variables)) == set(names)


@pytest.mark.parametrize("pattern", rows("TestConvertShellPatternToRegex", "invalid"))
def test_a_pattern_whose_escape_means_nothing_is_refused(pattern):
    with pytest.raises(InvalidInput):
        expand("${X#" + pattern + "}", {"X": "x"})


@pytest.mark.parametrize(
    ("entries", "allowed"),
    [
        (rows("TestShellParserMandatoryEnvVars", "setEnvs"), True),
        (rows("TestShellParserMandatoryEnvVars", "emptyEnvs"), False),
        (["ARG=x"], False),
    ],
)
def test_a_variable_one_must_have(entries, allowed):
    variables = dict(entry.split("=") for entry in entries)
    if allowed:
        assert expand("${VAR:?message here$ARG}", variables) == "plain"
        return
    with pytest.raises(InvalidInput, match="message herex"):
        expand("${VAR:?message here$ARG}", variables)
