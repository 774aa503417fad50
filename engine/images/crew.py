"""A few threads that do jobs in their order, and tell one thread what happens."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from engine.images.records import Check, Transfer, unchecked

Job = Callable[[], None]
T = TypeVar("T")

_PATIENCE = 0.5
"""Seconds to wait for threads that were told to stop."""
_TICK = 0.1
"""Seconds between two looks whether somebody wants it all to end."""
_BETWEEN = 0.1
"""Seconds between two tellings of one thing's progress."""


class Crews:
    """Jobs that are done at once, and the queue by which they tell; the first failure ends them all.

    The threads are daemons: one that waits for the kernel cannot keep the program from ending.
    """

    def __init__(self, cancel: Callable[[], None], check: Check = unchecked) -> None:
        """Make them; `cancel` ends what waits for a network, `check` is called now and then and may raise."""
        self._cancel = cancel
        self._check = check
        self._told: queue.SimpleQueue[Transfer | BaseException | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._stopped = False

    def add(self, hands: int, jobs: Iterable[Job]) -> None:
        """Let so many threads do these jobs, beginning with the first."""
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        count = min(hands, waiting.qsize())
        self._threads += [
            threading.Thread(target=self._work, args=(waiting,), name="crew", daemon=True)
            for _ in range(count)
        ]

    def tell(self, transfer: Transfer | None) -> None:
        """Say something, from any thread; None says only that there is something to see."""
        self._told.put(transfer)

    def meter(self, short: str, status: str, total: int) -> Callable[[int], None]:
        """Make what hears of a count often and tells it now and then."""
        last = 0.0

        def progress(count: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _BETWEEN:
                last = now
                self.tell(Transfer(short, status, count, total))

        return progress

    def run(self, hear: Callable[[Transfer | None], bool]) -> bool:
        """Work, and pass on what is told to `hear` in this thread, until that says that it is enough.

        What it raises, or what went wrong in a job, ends the work and is raised. Return whether all threads
        have ended.
        """
        try:
            for thread in self._threads:
                thread.start()
            enough = not self._threads
            while not enough:
                self._check()
                try:
                    told = self._told.get(timeout=_TICK)
                except queue.Empty:
                    continue
                if isinstance(told, BaseException):
                    raise told
                enough = hear(told)
        except BaseException:
            self._stopped = True
            self._cancel()
            self._join()
            raise
        return self._join()

    def _join(self) -> bool:
        until = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, waiting: queue.SimpleQueue[Job]) -> None:
        while not self._stopped:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                job()
            except BaseException as error:
                self._told.put(error)
                return


def attended(job: Callable[[], T], cancel: Callable[[], None], check: Check) -> T:
    """Do one job elsewhere and wait for it, so that `check` can end it; return what it returns."""
    crews = Crews(cancel, check)
    found: list[T] = []

    def do() -> None:
        found.append(job())
        crews.tell(None)

    crews.add(1, [do])
    crews.run(lambda _: bool(found))
    return found[0]
