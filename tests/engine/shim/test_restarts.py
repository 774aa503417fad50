from __future__ import annotations

import pytest

from engine.shim.restarts import Policy, Restarts


def test_without_a_policy_an_end_is_the_end() -> None:
    assert Restarts(Policy()).after(1, 0.5) is None


@pytest.mark.parametrize("name", ["always", "unless-stopped"])
def test_some_start_again_however_it_ended(name: str) -> None:
    restarts = Restarts(Policy(name))
    assert restarts.after(0, 0.5) is not None
    assert restarts.after(7, 0.5) is not None
    assert restarts.count == 2


def test_on_failure_starts_again_after_a_failure_as_often_as_it_may() -> None:
    restarts = Restarts(Policy("on-failure", 2))
    assert restarts.after(0, 1) is None
    assert [restarts.after(1, 1) is None for _ in range(3)] == [False, False, True]


def test_without_a_limit_on_failure_goes_on() -> None:
    restarts = Restarts(Policy("on-failure"))
    assert all(restarts.after(1, 1) for _ in range(50))


def test_the_wait_doubles_up_to_a_minute_and_begins_anew_after_a_steady_run() -> None:
    restarts = Restarts(Policy("always"))
    waits = [restarts.after(1, 0.1) for _ in range(12)]
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == 60
    assert restarts.after(1, 10) == 0.1


def test_what_somebody_stopped_stays_down() -> None:
    restarts = Restarts(Policy("always"))
    restarts.forbidden = True
    assert restarts.after(1, 1) is None
