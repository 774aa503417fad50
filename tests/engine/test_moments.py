from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.moments import NEVER, epoch, past, rfc3339


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2026-01-02T03:04:05.5Z", 1767323045.5),
        ("2026-01-02T03:04:05+02:00", 1767315845.0),
        ("2026-01-02T03:04:05-00:30", 1767324845.0),
        ("0001-01-01T00:00:00Z", NEVER),
        ("", NEVER),
        ("yesterday", NEVER),
    ],
)
def test_rfc_3339_is_read(text: str, seconds: float) -> None:
    assert epoch(text) == seconds


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
    ],
)
def test_it_is_written_without_trailing_zeros(nanoseconds: int, text: str) -> None:
    assert rfc3339(nanoseconds) == text


@given(st.integers(0, 4_000_000_000))
def test_what_is_written_is_read(seconds: int) -> None:
    assert epoch(rfc3339(seconds * 1_000_000_000)) == seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [("10s", 990.0), ("1h30m", -4400.0), ("500", 500.0), ("1970-01-01", 0.0), ("1.5s", 998.5)],
)
def test_a_moment_may_be_a_duration_ago(text: str, moment: float) -> None:
    assert past(text, now=1000.0) == moment


def test_now_is_now() -> None:
    assert abs(past("0s") - time.time()) < 5


@pytest.mark.parametrize("text", ["soon", "", "-5m", "5 m"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        past(text)


def test_a_date_without_a_zone_is_meant_where_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XXX-2")
    time.tzset()
    try:
        assert past("1970-01-02T03") == 25 * 3600
        assert past("1970-01-02T03:00Z") == 27 * 3600
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["2020-13-01", "2020-02-30", "2020-01-01T25:00"])
def test_a_date_that_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        past(text)
