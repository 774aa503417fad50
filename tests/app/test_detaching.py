from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.detaching import DEFAULT, Detaching, sequence
from engine.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("ctrl-p,ctrl-q", b"\x10\x11"),
        ("a", b"a"),
        ("ctrl-a,b,ctrl-@", b"\x01b\x00"),
        ("ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", b"\x1b\x1c\x1d\x1e\x1f"),
        ("CTRL-x", b"\x18"),
        ("DEL", b"\x7f"),
    ],
)
def test_keys_are_written_as_docker_writes_them(text: str, keys: bytes) -> None:
    assert sequence(text) == keys


@pytest.mark.parametrize("text", ["", "ctrl-", "ctrl-1", "ctrl-ab", "ab", "a,,b", "shift-a"])
def test_others_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="Unknown character"):
        sequence(text)


def test_the_sequence_detaches_and_is_not_passed_on() -> None:
    detaching = Detaching(sequence(DEFAULT))
    assert detaching.feed(b"ls\r\x10\x11never") == (b"ls\r", True)


def test_its_beginning_is_held_back_until_the_next_key_shows_what_it_was() -> None:
    detaching = Detaching(b"\x10\x11")
    assert detaching.feed(b"a\x10") == (b"a", False)
    assert detaching.held
    assert detaching.feed(b"b") == (b"\x10b", False)
    assert not detaching.held


def test_what_is_held_is_let_go_after_silence() -> None:
    detaching = Detaching(b"\x10\x11")
    detaching.feed(b"\x10")
    assert detaching.let_go() == b"\x10"
    assert detaching.feed(b"\x11") == (b"\x11", False)


def test_a_sequence_that_begins_like_itself_is_found_after_a_false_start() -> None:
    assert Detaching(b"aab").feed(b"aaab") == (b"a", True)
    assert Detaching(b"abac").feed(b"ababac") == (b"ab", True)


def test_without_keys_nothing_detaches() -> None:
    assert Detaching(b"").feed(b"\x10\x11") == (b"\x10\x11", False)


@given(st.binary(max_size=4), st.lists(st.binary(max_size=6), max_size=6))
@example(b"\x10\x11", [b"\x10", b"\x10\x11"])
def test_every_key_is_passed_on_once_and_in_order_until_the_sequence_first_occurs(
    keys: bytes, typed: list[bytes]
) -> None:
    detaching, passed, detached = Detaching(keys), b"", False
    for piece in typed:
        more, detached = detaching.feed(piece)
        passed += more
        if detached:
            break
    everything = b"".join(typed)
    place = everything.find(keys) if keys else -1
    assert detached == (place >= 0)
    if detached:
        assert passed == everything[:place]
    else:
        assert passed + detaching.let_go() == everything


@given(st.text(alphabet="ab", min_size=1, max_size=4), st.text(alphabet="ab", max_size=12))
def test_also_where_the_sequence_repeats_itself(keys: str, typed: str) -> None:
    detaching = Detaching(keys.encode())
    passed, detached = detaching.feed(typed.encode())
    assert detached == (keys in typed)
    assert passed + (b"" if detached else detaching.let_go()) == typed.partition(keys)[0].encode()
