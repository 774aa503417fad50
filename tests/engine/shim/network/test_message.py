"""DNS messages."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.shim.network import message

QUERY = struct.pack(">HHHHHH", 0xABCD, 0x0100, 1, 0, 0, 0)


def query(name: str, type: int = message.ADDRESS) -> bytes:
    return QUERY + message.name(name) + struct.pack(">HH", type, 1)


def test_a_question_is_read() -> None:
    asked = message.question(query("web.front"))
    assert asked
    assert (asked.id, asked.name, asked.type) == (0xABCD, "web.front", message.ADDRESS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        QUERY,
        QUERY[:5],
        QUERY + b"\x05ab",
        QUERY + b"\xc0\x0c\0\1\0\1",
        query("a")[:2] + b"\x80" + query("a")[3:],
    ],
)
def test_what_is_no_question_is_not_answered(data: bytes) -> None:
    assert message.question(data) is None


@given(st.binary(max_size=600))
def test_nothing_that_is_sent_does_harm(data: bytes) -> None:
    asked = message.question(data)
    if asked:
        assert message.failure(asked, message.FAILED)[:2] == data[:2]


def test_an_answer_holds_the_question_and_the_addresses_that_were_asked_for() -> None:
    asked = message.question(query("web"))
    assert asked
    values = message.packed(["10.0.0.2", "fd00::2"], asked.type)
    data = message.answer(asked, values)
    assert struct.unpack_from(">HHHH", data) == (0xABCD, 0x8180, 1, 1)
    assert data.endswith(b"\x00\x04\x0a\x00\x00\x02")


def test_a_name_without_such_an_address_is_known_all_the_same() -> None:
    asked = message.question(query("web", message.ADDRESS_6))
    assert asked
    data = message.answer(asked, message.packed(["10.0.0.2"], asked.type))
    assert struct.unpack_from(">HHHH", data)[1:] == (0x8180, 1, 0)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("2.0.18.172.in-addr.arpa", "172.18.0.2"),
        ("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", "fd00::2"),
        ("web", None),
        ("x.in-addr.arpa", None),
    ],
)
def test_addresses_in_names(name: str, address: str | None) -> None:
    assert message.reversed_address(name) == address
