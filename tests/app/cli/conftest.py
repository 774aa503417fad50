"""A command line over an engine that only pretends."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from app.cli import program


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


class Calls(SimpleNamespace):
    """A service whose every call is written down; `fails` maps a first argument to the error it raises."""

    def __init__(self, **answers: object) -> None:
        super().__init__(made=[], fails={}, **answers)

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(*words: object, **named: object) -> object:
            self.made.append((name, *words, named) if named else (name, *words))
            if words and words[0] in self.fails:
                raise self.fails[words[0]]
            return None

        return call


class Yard(SimpleNamespace):
    """An engine of pretending services."""

    def __init__(self) -> None:
        super().__init__(containers=Calls(), images=Calls(), volumes=Calls(), events=Calls())
        self.networks = Calls()
        self.builds = Calls(cache=list)

    def prestart(self) -> None:
        """Nothing is started here."""


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Yard:
    pretended = Yard()
    monkeypatch.setattr(program, "_opened", lambda root: pretended)
    return pretended


@pytest.fixture
def stackyard(yard: Yard, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def run(*words: str) -> Outcome:
        import sys

        code = program.run(list(words))
        sys.stdout.flush()
        return Outcome(code, *capfd.readouterr())

    return run
