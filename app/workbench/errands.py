"""Calls of the engine, each in a thread of its own, answered on the screen's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual.app import App

from engine.errors import EngineError, from_os

Answer = TypeVar("Answer")


class Errands:
    """Runs calls and counts those that are under way."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.open = 0
        """Calls whose answer has not been taken yet."""

    def run(
        self,
        call: Callable[[], Answer],
        done: Callable[[Answer], object],
        failed: Callable[[EngineError], object] | None = None,
    ) -> None:
        """Make a call in a thread; `done` (or `failed`) is then called on the screen's thread."""
        with self._lock:
            self.open += 1
        work = partial(self._work, call, done, failed or self._complain)
        threading.Thread(target=work, daemon=True, name="errand").start()

    def tell(self, call: Callable[[], object]) -> None:
        """Have something called on the screen's thread, from another one."""
        self._app.call_later(call)

    def _work(
        self,
        call: Callable[[], Answer],
        done: Callable[[Answer], object],
        failed: Callable[[EngineError], object],
    ) -> None:
        answer: Callable[[], object]
        try:
            answer = partial(done, call())
        except EngineError as error:
            answer = partial(failed, error)
        except OSError as error:
            answer = partial(failed, from_os(error, "the engine"))
        self._app.call_later(self._deliver, answer)

    def _deliver(self, answer: Callable[[], object]) -> None:
        with self._lock:
            self.open -= 1
        answer()

    def _complain(self, error: EngineError) -> None:
        self._app.notify(sentence(error), severity="error")


def sentence(error: EngineError) -> str:
    """Write an error as one line, with what to do about it."""
    said = " ".join(str(error).split())
    return f"{said} ({error.resolution})" if error.resolution else said
