"""Figures read and written as docker does; the cases are go-units' own where it has some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.units import (
    display_width,
    ellipsis,
    human_duration,
    human_memory,
    human_size,
    parse_bytes,
    quoted,
    truncate_id,
)
from engine.errors import InvalidInput

TABLES = Path(__file__).parents[3] / "shared" / "conformance" / "tables"
MINUTE, HOUR, DAY = 60, 3600, 86400
KIB = 1024


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (999, "999B"),
        (1000, "1kB"),
        (1024, "1.024kB"),
        (1000000, "1MB"),
        (1048576, "1.049MB"),
        (2 * 1000**2, "2MB"),
        (3.42 * 1000**3, "3.42GB"),
        (5.372 * 1000**4, "5.372TB"),
        (2.22 * 1000**5, "2.22PB"),
        (1e25, "10YB"),
        (1e31, "1e+07YB"),
    ],
)
def test_sizes_in_powers_of_a_thousand(size: float, text: str) -> None:
    assert human_size(size) == text


@pytest.mark.parametrize(
    ("size", "text"), [(208_950_000, "209MB"), (1840, "1.84kB"), (999_960, "1e+03kB"), (83, "83B")]
)
def test_listings_take_three_digits(size: int, text: str) -> None:
    assert human_size(size, 3) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (1024, "1KiB"), (1048576, "1MiB"), (3.42 * KIB**3, "3.42GiB"), (8_330_000_000, "7.758GiB")],
)
def test_memory_in_powers_of_1024(size: float, text: str) -> None:
    assert human_memory(size) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("32", 32),
        ("32b", 32),
        ("32B", 32),
        ("32k", 32 * KIB),
        ("32K", 32 * KIB),
        ("32kb", 32 * KIB),
        ("32Kib", 32 * KIB),
        ("32Mb", 32 * KIB**2),
        ("1.5gb", 1536 * KIB**2),
        ("32Tb", 32 * KIB**4),
        ("32Pb", 32 * KIB**5),
        ("32.5kB", 32.5 * KIB),
        ("32.5 kB", 32.5 * KIB),
        (".3kB", int(0.3 * KIB)),
        ("0.", 0),
        ("0. ", 0),
        ("1e3", 1000),
    ],
)
def test_sizes_that_are_read(text: str, size: float) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "invalid size: ''"),
        ("hello", "invalid size: 'hello'"),
        (".", "invalid size: '.'"),
        (". ", "invalid size: '. '"),
        (" 32", "invalid size: ' 32'"),
        ("-32", "invalid size: '-32'"),
        ("32bb", "invalid suffix: 'bb'"),
        ("32kbb", "invalid suffix: 'kbb'"),
        ("32ib", "invalid suffix: 'ib'"),
        ("32kb ", "invalid size: '32kb '"),
        ("32m b", "invalid size: '32m b'"),
        ("6x", "invalid suffix: 'x'"),
    ],
)
def test_sizes_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_bytes(text)
    assert caught.value.brief == words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.45, "Less than a second"),
        (1, "1 second"),
        (45, "45 seconds"),
        (MINUTE, "About a minute"),
        (MINUTE + 40, "About a minute"),
        (3 * MINUTE + 40, "3 minutes"),
        (59 * MINUTE + 59, "59 minutes"),
        (HOUR, "About an hour"),
        (HOUR + 29 * MINUTE, "About an hour"),
        (HOUR + 31 * MINUTE, "2 hours"),
        (47 * HOUR, "47 hours"),
        (48 * HOUR, "2 days"),
        (13 * DAY, "13 days"),
        (14 * DAY, "2 weeks"),
        (59 * DAY, "8 weeks"),
        (60 * DAY, "2 months"),
        (729 * DAY, "24 months"),
        (730 * DAY, "2 years"),
        (5000 * DAY, "13 years"),
        (-5, "Less than a second"),
    ],
)
def test_ages_in_words(seconds: float, text: str) -> None:
    assert human_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("日本", 4), ("👍", 2), ("e\u0301", 1), ("a\u200bb", 2)]
)
def test_the_width_of_a_text(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ('"\\', r'"\"\\"'),
        ("é\t\n", r'"é\t\n"'),
        ("\x01\x7f\u200b\udcff", r'"\x01\x7f\u200b\xff"'),
    ],
)
def test_texts_are_quoted_as_in_go(text: str, literal: str) -> None:
    assert quoted(text) == literal


def rows(file: str, function: str) -> list[dict[str, Any]]:
    for line in (TABLES / file).read_text().splitlines():
        table = json.loads(line)
        if table["func"] == function:
            return list(table["rows"])
    raise LookupError(function)


@pytest.mark.conformance
def test_dockers_own_cases_of_cutting_short() -> None:
    for row in rows("docker-cli.jsonl", "TestEllipsis"):
        assert ellipsis(row["source"], row["width"]) == row["expected"], row
    for row in rows("docker-cli.jsonl", "TestTruncateID"):
        assert truncate_id(row["id"]) == row["expected"], row
