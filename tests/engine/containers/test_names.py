"""Names and ids."""

from __future__ import annotations

import pytest

from engine.containers.names import checked, new_id, new_name
from engine.errors import InvalidInput


@pytest.mark.parametrize("name", ["ab", "a1", "web.1", "A_b-c", "0x", "/leading"])
def test_a_good_name_is_taken_as_it_is(name: str) -> None:
    assert checked(name) == name.removeprefix("/")


@pytest.mark.parametrize("name", ["a", "-a", ".a", "_a", "a b", "a/b", "ä1", "ab\n", "//ab", "ab\0"])
def test_a_bad_name_is_refused_in_dockers_words(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked(name)
    said = f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
    assert caught.value.brief == said
    assert bool(caught.value.resolution) == (len(name) == 1)


def test_a_made_name_is_a_good_one() -> None:
    for name in {new_name() for _ in range(50)}:
        assert checked(name) == name


def test_an_id_is_no_number() -> None:
    for id in (new_id() for _ in range(200)):
        assert len(id) == 64
        assert not id[:12].isdigit()
