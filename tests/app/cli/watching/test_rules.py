"""The file of rules: what it may say, and in which line it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.watching.rules import rules
from engine.develop.request import Rule
from engine.errors import InvalidInput, NotFound


def read(folder: Path, text: str) -> tuple[Rule, ...]:
    (folder / "web").mkdir()
    (folder / "stackyard.yaml").write_text(text)
    return rules(str(folder / "stackyard.yaml"))


def test_rules_are_read_in_composes_words(tmp_path: Path) -> None:
    text = "develop:\n  watch:\n  - {action: sync, path: ./web, target: /srv/web, ignore: ['*.map']}\n"
    text += "  - action: restart\n    path: stackyard.yaml\nservices: {}\n"
    assert read(tmp_path, text) == (
        Rule("sync", str(tmp_path / "web"), "/srv/web", ("*.map",)),
        Rule("restart", str(tmp_path / "stackyard.yaml")),
    )


def test_without_a_section_there_are_none(tmp_path: Path) -> None:
    assert read(tmp_path, "services: {}\n") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("develop:\n  watch:\n  - action: copy\n    path: web\n", ":3: unknown action `copy`"),
        ("develop:\n  watch:\n  - action: sync\n    path: web\n", ":3: `target` is missing"),
        ("develop:\n  watch:\n  - path: web\n", ":3: `action` is missing"),
        ("develop:\n  watch:\n  - action: rebuild\n    path: none\n", ":4: there is no "),
        ("develop:\n  watch:\n  - {action: sync, path: web, target: srv}\n", ":3: `target` should begin"),
        ("develop:\n  watch:\n  - action: rebuild\n    path: web\n    paths: x\n", ":5: unknown word"),
        ("develop:\n  watch: web\n", ":2: `watch` should be a list"),
        ("develop: [\n", ":2: "),
        ("- 1\n", ":1: this should be a mapping"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, text)
    assert f"stackyard.yaml{said}" in caught.value.brief


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no such file"):
        rules(str(tmp_path / "none.yaml"))
