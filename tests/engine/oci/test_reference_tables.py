"""The reference tables of docker's own tests, kept beside the checkout."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InvalidReference
from engine.oci.reference import DOMAIN, IDENTIFIER, NAME, REFERENCE, Reference, parse_any

TABLES = Path(__file__).parents[4] / "shared/conformance/tables/reference.jsonl"

pytestmark = pytest.mark.conformance

REPEAT = re.compile(r"map\[\$call:strings\.Repeat args:\[(\S+) (\d+)\]\]")
SUM = re.compile(r"map\[\$expr:(.*?)\](?= |$)")


def spelt_out(expression: str) -> str:
    """Put together what the tables give as a Go expression: a sum of texts and repeated texts."""
    flat = SUM.sub(r"\1", REPEAT.sub(lambda found: found[1] * int(found[2]), expression))
    return "".join(part.strip() for part in flat.split("+"))


def resolved(value: Any) -> Any:
    """Put the values in that the tables spell as Go expressions."""
    if isinstance(value, dict):
        if "$expr" in value:
            return spelt_out(value["$expr"])
        return {key: resolved(item) for key, item in value.items()}
    return [resolved(item) for item in value] if isinstance(value, list) else value


def rows(function: str, variable: str = "tests") -> Iterator[Any]:
    for line in TABLES.read_text().splitlines() if TABLES.exists() else ():
        table = json.loads(line)
        if (table["func"], table["var"]) == (function, variable):
            yield from (resolved(row) for row in table["rows"])


def table(function: str, variable: str = "tests") -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", list(rows(function, variable)), ids=repr)


def refused(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except InvalidReference:
        return True
    return False


@table("TestValidateReferenceName", "validRepoNames")
def test_valid_names(row: str) -> None:
    Reference.parse(row)


@table("TestValidateReferenceName", "invalidRepoNames")
def test_invalid_names(row: str) -> None:
    assert refused(Reference.parse, row)


@table("TestValidateRemoteName", "validRepositoryNames")
def test_valid_repositories(row: str) -> None:
    Reference.parse(row)


@table("TestValidateRemoteName", "invalidRepositoryNames")
def test_invalid_repositories(row: str) -> None:
    assert refused(Reference.parse, row)


@table("TestParseRepositoryInfo")
def test_every_spelling_of_a_repository(row: dict[str, str]) -> None:
    for spelling in filter(None, (row["AmbiguousName"], row["FamiliarName"], row["FullName"])):
        reference = Reference.parse(spelling)
        assert reference.familiar_name == row["FamiliarName"]
        assert (reference.name, reference.domain, reference.path) == (
            row["FullName"],
            row["Domain"],
            row["RemoteName"],
        )


@table("TestParseAnyReference")
def test_references_and_ids(row: dict[str, Any]) -> None:
    parsed = parse_any(row["Reference"])

    assert (parsed.canonical if isinstance(parsed, Reference) else parsed) == row["Equivalent"]


@table("TestNormalizedSplitHostname")
def test_domain_and_path(row: dict[str, str]) -> None:
    reference = Reference.parse(row["input"])

    assert (reference.domain, reference.path) == (row["domain"], row["path"])


@table("TestMatch")
def test_patterns(row: dict[str, Any]) -> None:
    assert Reference.parse(row["reference"]).matches(row["pattern"]) is row["expected"]


@table("TestParseDockerRef")
def test_what_a_pull_asks_for(row: dict[str, str]) -> None:
    assert Reference.parse(row["input"]).resolved.canonical == row["expected"]


@table("TestReferenceParse")
def test_the_grammar_alone(row: dict[str, Any]) -> None:
    if "err" in row:
        assert refused(Reference.split, row["input"])
        return
    reference = Reference.split(row["input"])

    assert (reference.name, reference.domain) == (row["repository"], row.get("domain", ""))
    assert (reference.tag, reference.digest) == (row.get("tag"), row.get("digest"))


@table("TestParseNamed")
def test_only_long_forms_are_canonical(row: dict[str, Any]) -> None:
    canonical = Reference.parse(row["input"]).canonical == row["input"]

    assert canonical is ("err" not in row)


@table("BenchmarkParse")
def test_names(row: dict[str, Any]) -> None:
    matched = NAME.fullmatch(row["input"])

    assert (matched is not None) is row["match"]


@table("TestFullNameRegexp")
def test_names_and_their_parts(row: dict[str, Any]) -> None:
    matched = NAME.fullmatch(row["input"])

    assert (matched is not None) is row["match"]
    if matched and "subs" in row:
        assert [matched[1] or "", matched[2]] == row["subs"]


@table("TestDomainRegexp")
def test_domains(row: dict[str, Any]) -> None:
    assert (DOMAIN.fullmatch(row["input"]) is not None) is row["match"]


@table("TestReferenceRegexp")
def test_references_and_their_parts(row: dict[str, Any]) -> None:
    matched = REFERENCE.fullmatch(row["input"])

    assert (matched is not None) is row["match"]
    if matched and "subs" in row:
        assert [group or "" for group in matched.groups()] == row["subs"]


@table("TestIdentifierRegexp")
def test_identifiers(row: dict[str, Any]) -> None:
    assert (IDENTIFIER.fullmatch(row["input"]) is not None) is row["match"]


@table("TestSerialization")
def test_writing_gives_what_was_read(row: dict[str, Any]) -> None:
    if "input" not in row:
        assert refused(Reference.split, "")
        return
    assert Reference.split(row["input"]).canonical == row["input"]
