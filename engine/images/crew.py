"""A few threads that do jobs in their order, and stop at the first failure."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable

Job = Callable[[], None]


class Crew:
    """Jobs for `hands` threads; what goes wrong in one is told to `failed`, and no other is begun.

    The threads are daemons: one that waits for the kernel cannot keep the program from ending.
    """

    def __init__(self, hands: int, jobs: Iterable[Job], failed: Callable[[BaseException], None]) -> None:
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            self._jobs.put(job)
        self._failed = failed
        self._stopped = False
        count = min(hands, self._jobs.qsize())
        self._threads = [threading.Thread(target=self._work, name="crew", daemon=True) for _ in range(count)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float) -> bool:
        """Begin no more jobs, and wait at most so many seconds for those under way; tell if all ended."""
        self._stopped = True
        for thread in self._threads:
            thread.join(patience)
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while not self._stopped:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            try:
                job()
            except BaseException as error:
                self._stopped = True
                self._failed(error)
