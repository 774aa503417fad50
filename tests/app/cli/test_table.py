"""Columns as Go's tabwriter aligns them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.table import aligned, table

TABLES = Path(__file__).parents[4] / "shared" / "conformance" / "tables"


def test_columns_are_at_least_ten_wide_and_three_apart() -> None:
    assert aligned("ID\tNAME\nc1\ta-long-name\n") == "ID        NAME\nc1        a-long-name\n"
    assert aligned("CONTAINER ID\tX\n1\ty\n") == "CONTAINER ID   X\n1              y\n"


def test_what_follows_the_last_tab_is_not_padded() -> None:
    assert aligned("a\tb\nc\td and more\n") == "a         b\nc         d and more\n"
    assert aligned("a\t\nb\t\n") == "a         \nb         \n"


def test_only_neighbouring_lines_share_a_column() -> None:
    text = "a-rather-long-cell\tx\nno cells here\nb\tx\n"
    assert aligned(text) == "a-rather-long-cell   x\nno cells here\nb         x\n"


def test_wide_characters_take_two_columns() -> None:
    assert aligned("日本語\tx\n") == "日本語    x\n"


def test_rows_under_their_headings() -> None:
    rows = [{"A": "1", "B": ""}, {"A": "2", "B": "two"}]
    assert (
        table(rows, {"A": "FIRST", "B": "SECOND"}, ("A", "B"))
        == "FIRST     SECOND\n1         \n2         two"
    )
    assert table((), {"A": "FIRST"}, ("A",)) == "FIRST"


@pytest.mark.conformance
def test_the_tabwriters_own_cases() -> None:
    tried = 0
    for line in (TABLES / "docker-cli.jsonl").read_text().splitlines():
        group = json.loads(line)
        if "/tabwriter/" not in group["file"] or group["var"] != "tests":
            continue
        for row in group["rows"]:
            # Flags, escapes and padding with tabs are of no use to docker's tables.
            if row["flags"] == 0 and row["padchar"] != "\t" and "\ufffd" not in row["src"]:
                made = aligned(
                    row["src"], minimum=row["minwidth"], padding=row["padding"], blank=row["padchar"]
                )
                assert made == row["expected"], row["testname"]
                tried += 1
    assert tried >= 20
