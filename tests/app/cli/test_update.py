from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.containers.limits.limits import Limits
from engine.errors import NotFound

Run = Callable[..., Any]


def test_each_container_gets_the_limits_that_were_named(stackyard: Run, yard: Any) -> None:
    outcome = stackyard("update", "-m", "64m", "--cpus", "1.5", "--restart", "on-failure:3", "a", "b")
    assert (outcome.code, outcome.out) == (0, "a\nb\n")
    limits = Limits(memory=64 << 20, cpus=1_500_000_000)
    assert yard.containers.made == [("update", name, limits, ("on-failure", 3)) for name in ("a", "b")]


def test_the_policy_stays_unless_it_is_named(stackyard: Run, yard: Any) -> None:
    assert stackyard("container", "update", "--pids-limit", "-1", "a").code == 0
    assert yard.containers.made == [("update", "a", Limits(pids=-1), None)]


def test_nothing_to_change_is_an_error(stackyard: Run, yard: Any) -> None:
    outcome = stackyard("update", "a")
    assert (outcome.code, outcome.out, yard.containers.made) == (1, "", [])
    assert outcome.err == "you must provide one or more flags when using this command\n"


def test_the_others_are_changed_though_one_is_missing(stackyard: Run, yard: Any) -> None:
    yard.containers.fails["ghost"] = NotFound("No such container: ghost")
    outcome = stackyard("update", "--cpus", "1", "ghost", "b")
    assert (outcome.code, outcome.out, outcome.err) == (1, "b\n", "Error: No such container: ghost\n")
