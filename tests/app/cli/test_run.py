from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.containers.logs.log import LogEntry
from engine.errors import NotFound, StartFailed
from engine.events import Event

Run = Callable[..., Any]


class Place:
    """A place at a program that has already said all that it will."""

    terminal = False
    exit_code: int | None = None

    def __init__(self, said: list[list[tuple[int, bytes]]], before: Callable[[], object] = int) -> None:
        self._said = said
        self._before = before
        self.over = False

    @property
    def descriptors(self) -> list[int]:
        return []

    def read(self) -> list[tuple[int, bytes]]:
        self._before()
        self.over = len(self._said) <= 1
        return self._said.pop(0) if self._said else []

    def close(self) -> None:
        self.over = True


@pytest.fixture
def container(yard: Any) -> Any:
    """A container that says something on both streams and ends with 7."""
    yard.containers.create = lambda image, options: "abc"
    said = [
        LogEntry(1, "stdout", b"out\n"),
        LogEntry(2, "stderr", b"err\xff\n"),
        LogEntry(3, "stdout", b"two"),
    ]

    def start_attached(name: str, size: tuple[int, int]) -> Place:
        yard.containers.start(name)
        return Place([[(1, b"out\n"), (2, b"err\xff\n"), (1, b"two")]])

    yard.containers.start_attached = start_attached
    yard.containers.logs = lambda name, **_: iter(said)
    yard.containers.wait = lambda name: 7
    return yard.containers


def test_foreground(stackyard: Run, container: Any) -> None:
    outcome = stackyard("run", "--rm", "busy", "true")
    assert (outcome.code, outcome.out) == (7, "out\ntwo")
    assert outcome.err.startswith("err")
    assert container.made == [("start", "abc"), ("bury", "abc")]


def test_background(stackyard: Run, container: Any) -> None:
    assert stackyard("run", "-d", "busy") == (0, "abc\n", "")
    assert container.made == [("start", "abc")]


def test_only_the_streams_asked_for(stackyard: Run, container: Any) -> None:
    assert stackyard("run", "-a", "stdout", "busy")[:2] == (7, "out\ntwo")
    assert stackyard("run", "-a", "STDERR", "busy").out == ""
    refused = stackyard("run", "-d", "-a", "stdout", "busy")
    assert refused.code == 1
    assert refused.err.startswith("Conflicting options: -a and -d")


@pytest.mark.parametrize("code", [125, 126, 127])
def test_a_start_that_fails_gives_dockers_code(stackyard: Run, container: Any, code: int) -> None:
    container.fails = {"abc": StartFailed("exec: no", code)}
    assert stackyard("run", "busy", "no") == (code, "", "Error: exec: no\n")
    assert stackyard("run", "-d", "busy", "no").code == code


def test_the_exit_code_survives_the_container(stackyard: Run, yard: Any, container: Any) -> None:
    def gone(name: str) -> int:
        raise NotFound(f"No such container: {name}")

    container.wait = gone
    yard.events.read = lambda since: iter([Event(1, "container", "die", "abc", {"exitCode": "9"})])
    assert stackyard("run", "--rm", "busy").code == 9


def test_signals_go_to_the_container(stackyard: Run, container: Any) -> None:
    def signalled() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)

    container.start_attached = lambda name, size: Place([[(1, b"still here\n")]], signalled)
    before = signal.getsignal(signal.SIGTERM)
    assert stackyard("run", "busy").out == "still here\n"
    assert ("kill", "abc", "SIGTERM") in container.made
    assert ("kill", "abc", "SIGINT") in container.made
    assert signal.getsignal(signal.SIGTERM) is before


def test_signals_stay_here_when_asked(stackyard: Run, container: Any) -> None:
    def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    container.start_attached = lambda name, size: Place([[(1, b"never\n")]], interrupted)
    assert stackyard("run", "--sig-proxy=false", "busy").code == 130


def test_start_with_several_names(stackyard: Run, yard: Any) -> None:
    yard.containers.fails = {"b": NotFound("No such container: b")}
    assert stackyard("start", "a", "b") == (
        1,
        "a\n",
        "Error: No such container: b\nError: failed to start containers: b\n",
    )
    assert "attach multiple" in stackyard("start", "-a", "a", "b").err


def test_logs_pass_bytes_through(stackyard: Run, container: Any) -> None:
    outcome = stackyard("logs", "-n", "3", "x")
    assert (outcome.code, outcome.out) == (0, "out\ntwo")


def test_logs_with_timestamps(stackyard: Run, yard: Any) -> None:
    asked: dict[str, object] = {}

    def logs(name: str, **named: object) -> Iterator[LogEntry]:
        asked.update(named)
        yield LogEntry(1_700_000_000_000_000_001, "stdout", b"hello\n")

    yard.containers.logs = logs
    assert stackyard("logs", "-t", "--tail", "all", "--since", "1700000000", "x").out == (
        "2023-11-14T22:13:20.000000001Z hello\n"
    )
    assert asked == {"follow": False, "tail": None, "since": 1700000000.0, "until": None, "lines": True}
