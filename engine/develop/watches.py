"""Watches: beginning one, and looking at those of every process that uses the store."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from engine.cancelling import Cancel
from engine.develop.events import Event, Over
from engine.develop.request import Watched
from engine.errors import Cancelled, EngineError
from engine.paths import Paths

if TYPE_CHECKING:
    from engine.develop.journal import WatchRecord
    from engine.develop.watch import Rooms


class Watches:
    """The watches of one store."""

    def __init__(self, paths: Paths, rooms: Rooms) -> None:
        self._paths, self._rooms = paths, rooms

    def watch(self, watched: Watched, cancel: Cancel, *, tied: bool = False) -> Iterator[Event]:
        """Watch a context until `cancel` is called; yield what happens.

        `tied` tells those who read the journal that it ends with whoever began it. Raises NotFound,
        InvalidInput, AlreadyExists before anything is built; later troubles are events.
        """
        from engine.develop.journal import Journal
        from engine.develop.watch import Watch

        news: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        journal: list[Journal] = []

        def tell(event: Event) -> None:
            if journal:
                journal[0].append(event)
            news.put(event)

        watch = Watch(self._rooms, watched, tell, cancel)
        journal.append(Journal(self._paths, os.urandom(32).hex(), watched, tied=tied))

        def work() -> None:
            try:
                watch.run()
            except Cancelled:
                tell(Over("", time.time()))
            except EngineError as error:
                tell(Over(str(error), time.time()))
                news.put(error)
            except BaseException as error:
                news.put(error)
            finally:
                journal[0].close()
                news.put(None)

        thread = threading.Thread(target=work, name="watch", daemon=True)
        thread.start()
        try:
            while (event := news.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            cancel.cancel()
            thread.join()

    def list(self) -> list[WatchRecord]:
        """Return the watches that are remembered, the newest first."""
        from engine.develop.journal import Shelf

        return Shelf(self._paths).listed()

    def changes(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Yield at first and each time a watch tells something; `stop` is asked at least once a second."""
        from engine.develop.journal import Shelf

        return Shelf(self._paths).changes(stop)

    def stop(self, id: str) -> None:
        """Ask a watch of whatever process to end; raises NotFound, Conflict."""
        from engine.develop.journal import stop

        stop(self._paths, id)
