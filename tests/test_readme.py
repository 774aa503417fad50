"""What the README tells of keys and configuration is what the program does."""

from __future__ import annotations

from tests.readme import README, made


def test_the_made_parts_are_those_of_the_program() -> None:
    text = README.read_text()
    assert text == made(text), "`python -m tests.readme` writes them anew"
