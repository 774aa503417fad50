"""Signals by every name docker knows them by."""

from __future__ import annotations

import signal

import pytest

from engine.errors import InvalidInput
from engine.runtime.signals import number_of


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("9", 9), ("KILL", 9), ("SIGKILL", 9), ("sigkill", 9), ("kill", 9), ("TERM", 15), ("HUP", 1),
        ("USR1", 10), ("WINCH", 28), ("64", 64), ("RTMIN", signal.SIGRTMIN),
        ("SIGRTMIN+3", signal.SIGRTMIN + 3), ("RTMAX-2", signal.SIGRTMAX - 2),
    ],
)  # fmt: skip
def test_a_signal_has_many_names(name: str, number: int) -> None:
    assert number_of(name) == number


@pytest.mark.parametrize(
    "name", ["", "0", "-9", "65", "999", "FOO", "SIG", "SIG_DFL", "_IGN", "RTMIN+x", "RTMIN+99", "RTMAX-99",
             "RTMAX+1", "²", "9 ", "KILL\n"]
)  # fmt: skip
def test_what_is_no_signal_is_refused_in_dockers_words(name: str) -> None:
    with pytest.raises(InvalidInput, match="Invalid signal: "):
        number_of(name)
