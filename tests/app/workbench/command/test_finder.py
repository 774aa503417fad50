"""Finding by a few letters."""

from __future__ import annotations

from app.workbench.command.finder import SCATTERED, find


def found(wanted: str, *texts: str) -> list[str]:
    return [texts[match.place] for match in find(wanted, texts)]


def test_beginnings_come_before_stretches_and_those_before_scattered_letters() -> None:
    assert found("log", "bolt", "catalog", "logs") == ["logs", "catalog"]
    assert found("log", "l o g", "catalog", "logs") == ["logs", "catalog", "l o g"]


def test_every_word_must_be_there_in_any_order() -> None:
    assert found("14 web", "web:1.4", "web 14", "db:1.4") == ["web 14", "web:1.4"]


def test_where_the_letters_stand_is_told() -> None:
    assert find("wlt", ["my web:latest"])[0].offsets == (3, 7, 9)


def test_nothing_wanted_keeps_all_in_their_order() -> None:
    assert found("", "b", "a") == ["b", "a"]


def test_a_long_word_must_stand_there_as_it_is() -> None:
    letters = "abcdefghij"
    assert len(letters) > SCATTERED
    assert found(letters, "-".join(letters), letters) == [letters]
