"""The layers of a pull: several arrive at once, and each is unpacked while it and the next arrive."""

from __future__ import annotations

import os
import queue
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from engine.errors import Cancelled, Corrupt
from engine.images.crew import Crew
from engine.images.intake import Blob, Intake, Layer
from engine.images.records import Telling, Transfer
from engine.oci.descriptor import Descriptor
from engine.registry.blobs import Arrival
from engine.registry.partial import Partial
from engine.registry.session import Session

_ARRIVING = 3
"""docker's max-concurrent-downloads."""
_UNPACKING = min(4, os.cpu_count() or 1)
_BETWEEN = 0.1
"""Seconds between two tellings of one layer's progress."""
_PATIENCE = 0.5
"""Seconds to wait for threads that were told to stop."""


class Missing(NamedTuple):
    """A layer that is not here."""

    position: int
    diff_id: str
    descriptor: Descriptor

    @property
    def short(self) -> str:
        """Its id on a screen."""
        return self.descriptor.digest[7:19]


class Fetching:
    """The layers that an image lacks, on their way into an intake."""

    def __init__(
        self, session: Session, repository: str, intake: Intake, missing: Sequence[Missing], folder: str
    ) -> None:
        self._session = session
        self._repository = repository
        self._intake = intake
        self._missing = missing
        # A layer may stand in an image twice: it arrives once.
        descriptors = {one.descriptor.digest: one.descriptor for one in missing}
        self._arrivals = {name: Arrival(Partial(folder, name), one) for name, one in descriptors.items()}
        self._told: queue.SimpleQueue[Transfer | BaseException | None] = queue.SimpleQueue()
        self._layers: dict[int, Layer] = {}

    def run(self, tell: Telling) -> dict[int, Layer]:
        """Fetch and unpack them all; return them by position.

        `tell` is called in this thread. Whatever it raises ends the work, and what has arrived is kept for
        another time.
        """
        arrivals = self._arrivals.values()
        receiving = Crew(_ARRIVING, [partial(self._receive, one) for one in arrivals], self._told.put)
        unpacking = Crew(_UNPACKING, [partial(self._unpack, one) for one in self._missing], self._told.put)
        try:
            receiving.start()
            unpacking.start()
            waiting = deque(self._missing)
            while waiting:
                told = self._told.get()
                if isinstance(told, BaseException):
                    raise told
                if isinstance(told, Transfer):
                    tell(told)
                # As docker tells it, a layer is complete when those below it are.
                while waiting and waiting[0].position in self._layers:
                    tell(Transfer(waiting.popleft().short, "Pull complete"))
        except BaseException:
            self._session.cancellation.set()
            for arrival in self._arrivals.values():
                arrival.fail(Cancelled("the transfer was cancelled"))
            raise
        finally:
            ended = receiving.stop(_PATIENCE) and unpacking.stop(_PATIENCE)
            for arrival in arrivals if ended else ():
                arrival.close()
        return self._layers

    def forget(self) -> None:
        """Delete what was kept of the layers for another time."""
        for arrival in self._arrivals.values():
            arrival.partial.remove()

    def _receive(self, arrival: Arrival) -> None:
        name, size = arrival.descriptor.digest, arrival.descriptor.size
        short = name[7:19]
        often = _Seldom()

        def progress(count: int) -> None:
            if often():
                self._told.put(Transfer(short, "Downloading", count, size))

        def keep(path: str) -> None:
            kept = f"{self._intake.ingest.path}/{name[7:]}"
            os.link(path, kept)
            self._intake.ingest.adopt(name, kept)

        arrival.receive(self._session, self._repository, progress, keep)
        self._told.put(Transfer(short, "Download complete"))

    def _unpack(self, missing: Missing) -> None:
        descriptor = missing.descriptor
        blob = Blob(descriptor.digest, descriptor.size, descriptor.media_type)
        arrival = self._arrivals[descriptor.digest]
        try:
            with arrival.reader() as stream:
                layer = self._intake.arriving(stream, diff_id=missing.diff_id, blob=blob)
        except Corrupt as error:
            raise arrival.spoiled(error) from error
        self._layers[missing.position] = layer
        self._told.put(None)


class _Seldom:
    """Tells now and then that it is time again."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self) -> bool:
        now = time.monotonic()
        if now - self._last < _BETWEEN:
            return False
        self._last = now
        return True
