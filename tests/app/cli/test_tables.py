"""Rows of docker's own unit tests that apply to our reading of flags; skipped where they are not at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.cli.flags import environment_word, label_word
from app.cli.linefile import environment_lines

TABLES = Path(__file__).parents[4] / "shared" / "conformance" / "tables" / "docker-cli.jsonl"

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not TABLES.exists(), reason="the conformance tables are not beside this checkout"),
]


def rows(function: str, variable: str) -> list[dict[str, Any]]:
    for line in TABLES.read_text().splitlines():
        table = json.loads(line)
        if (table["func"], table["var"]) == (function, variable):
            return list(table["rows"])
    raise LookupError(f"{function} {variable}")


def test_labels() -> None:
    for row in rows("TestValidateLabel", "tests"):
        text = row.get("value", "")
        if "expectedErr" in row:
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared below
                label_word(text)
            assert str(caught.value) == row["expectedErr"]
        else:
            assert label_word(text) == text


def test_variables() -> None:
    for row in rows("TestValidateEnv", "tests"):
        text = row["value"]
        if "expectedErr" in row:
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared below
                environment_word(text)
            assert str(caught.value) == row["expectedErr"]
        else:
            expected = row["expected"]
            assert environment_word(text) == (
                expected if isinstance(expected, str) else f"PATH={os.environ['PATH']}"
            )


def test_files_of_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_ENV", "from-env")
    monkeypatch.delenv("NO_SUCH_ENV", raising=False)
    texts = {
        "emptyEnvFile.Path": "",
        "envFile1.Path": "Z1=z\nEMPTY_VAR=\nFROM_ENV\nNO_SUCH_ENV\n",
        "envFile2.Path": "Z2=z\nA2=a",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    for row in rows("TestReadKVEnvStrings", "tests"):
        words: list[str] = []
        for file in row.get("files", ()):
            words += environment_lines(str(tmp_path / file["$call"]))
        assert words + row.get("overrides", []) == row.get("expected", []), row["name"]


@pytest.mark.parametrize("name", ["valid.env", "utf8.env"])
def test_files_that_are_read(name: str) -> None:
    path = TABLES.parents[1] / "cli-golden/cli/command/container/testdata" / name
    assert environment_lines(str(path))
