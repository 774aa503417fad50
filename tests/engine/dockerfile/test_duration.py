"""Durations as Go writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dockerfile.duration import nanoseconds
from engine.dockerfile.errors import Fault

UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("5s", 5 * 10**9),
        ("+1m30s", 90 * 10**9),
        ("-5s", -5 * 10**9),
        ("1.5h", 5400 * 10**9),
        (".5s", 5 * 10**8),
        ("1.s", 10**9),
        ("1h2m3s4ms5us6ns", 3723_004_005_006),
    ],
)
def test_a_duration_is_nanoseconds(text, value):
    assert nanoseconds(text) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", 'time: invalid duration ""'),
        ("-", 'time: invalid duration "-"'),
        ("x", 'time: invalid duration "x"'),
        (".s", 'time: invalid duration ".s"'),
        ("s", 'time: invalid duration "s"'),
        ("3", 'time: missing unit in duration "3"'),
        ("1m3", 'time: missing unit in duration "1m3"'),
        ("3d", 'time: unknown unit "d" in duration "3d"'),
        ("9223372037s", 'time: invalid duration "9223372037s"'),
        ("9" * 5000 + "s", f'time: invalid duration "{"9" * 5000}s"'),
    ],
)
def test_anything_else_is_refused_with_gos_sentence(text, sentence):
    with pytest.raises(Fault) as refused:
        nanoseconds(text)
    assert str(refused.value) == sentence


@given(st.lists(st.tuples(st.integers(0, 1000), st.sampled_from(sorted(UNITS))), min_size=1, max_size=5))
def test_the_parts_of_a_duration_add_up(parts):
    text = "".join(f"{number}{unit}" for number, unit in parts)
    assert nanoseconds(text) == sum(number * UNITS[unit] for number, unit in parts)
