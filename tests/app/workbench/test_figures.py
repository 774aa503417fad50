"""Sizes and ages as docker writes them."""

from __future__ import annotations

import pytest

from app.workbench import figures


@pytest.mark.parametrize(
    ("bytes", "text"),
    [(0, "0B"), (999, "999B"), (1000, "1kB"), (4096, "4.1kB"), (48_200, "48.2kB"), (999_700, "999.7kB"),
     (209_000_000, "209MB"), (2_147_549_072, "2.15GB"), (5_000_000_000_000, "5TB")],
)  # fmt: skip
def test_size(bytes: int, text: str) -> None:
    assert figures.size(bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text", "short"),
    [(-3, "Less than a second", "0s"), (1, "1 second", "1s"), (59, "59 seconds", "59s"),
     (60, "About a minute", "1m"), (3540, "59 minutes", "59m"), (3600, "About an hour", "1h"),
     (7200, "2 hours", "2h"), (47 * 3600, "47 hours", "47h"), (48 * 3600, "2 days", "2d"),
     (21 * 86400, "3 weeks", "21d"), (70 * 86400, "2 months", "10w"), (800 * 86400, "2 years", "2y")],
)  # fmt: skip
def test_age(seconds: float, text: str, short: str) -> None:
    assert figures.age(seconds) == text
    assert figures.short_age(seconds) == short


def test_ago_of_an_unknown_moment_is_nothing() -> None:
    assert figures.ago(None, 100) == ""
    assert figures.ago(40, 100) == "About a minute ago"


def test_count() -> None:
    assert figures.count(1, "layer") == "1 layer"
    assert figures.count(1200, "entry", "entries") == "1,200 entries"


def test_short_id() -> None:
    assert figures.short_id("sha256:0123456789abcdef") == "0123456789ab"
