"""The layers of a pull: several arrive at once, and each is unpacked while it and the next arrive."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from engine.errors import Cancelled, Corrupt
from engine.images.crew import Crews
from engine.images.intake import Blob, Intake, Layer
from engine.images.records import Check, Telling, Transfer
from engine.oci.descriptor import Descriptor
from engine.registry.blobs import Arrival
from engine.registry.partial import Partial
from engine.registry.session import Session

_ARRIVING = 3
"""docker's max-concurrent-downloads."""
_UNPACKING = min(4, os.cpu_count() or 1)


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
        self,
        session: Session,
        repository: str,
        intake: Intake,
        missing: Sequence[Missing],
        folder: str,
        check: Check,
    ) -> None:
        self._session = session
        self._repository = repository
        self._intake = intake
        self._missing = missing
        # A layer may stand in an image twice: it arrives once.
        descriptors = {one.descriptor.digest: one.descriptor for one in missing}
        self._arrivals = {name: Arrival(Partial(folder, name), one) for name, one in descriptors.items()}
        self._crews = Crews(self._stop, check)
        self._layers: dict[int, Layer] = {}

    def run(self, tell: Telling) -> dict[int, Layer]:
        """Fetch and unpack them all; return them by position.

        `tell` is called in this thread. Whatever it or `check` raises ends the work, and what has arrived is
        kept for another time.
        """
        waiting = deque(self._missing)

        def hear(told: Transfer | None) -> bool:
            if told is not None:
                tell(told)
            # As docker tells it, a layer is complete when those below it are.
            while waiting and waiting[0].position in self._layers:
                tell(Transfer(waiting.popleft().short, "Pull complete"))
            return not waiting

        self._crews.add(_ARRIVING, [partial(self._receive, one) for one in self._arrivals.values()])
        self._crews.add(_UNPACKING, [partial(self._unpack, one) for one in self._missing])
        if self._crews.run(hear):
            for arrival in self._arrivals.values():
                arrival.close()
        return self._layers

    def forget(self) -> None:
        """Delete what was kept of the layers for another time."""
        for arrival in self._arrivals.values():
            arrival.partial.remove()

    def _stop(self) -> None:
        self._session.cancellation.set()
        for arrival in self._arrivals.values():
            arrival.fail(Cancelled("the transfer was cancelled"))

    def _receive(self, arrival: Arrival) -> None:
        name, size = arrival.descriptor.digest, arrival.descriptor.size
        short = name[7:19]

        def keep(path: str) -> None:
            kept = f"{self._intake.ingest.path}/{name[7:]}"
            os.link(path, kept)
            self._intake.ingest.adopt(name, kept)

        arrival.receive(self._session, self._repository, self._crews.meter(short, "Downloading", size), keep)
        self._crews.tell(Transfer(short, "Download complete"))

    def _unpack(self, missing: Missing) -> None:
        descriptor = missing.descriptor
        blob = Blob(descriptor.digest, descriptor.size, descriptor.media_type)
        arrival = self._arrivals[descriptor.digest]
        extracting = self._crews.meter(missing.short, "Extracting", descriptor.size)
        try:
            with arrival.reader(extracting) as stream:
                layer = self._intake.arriving(stream, diff_id=missing.diff_id, blob=blob)
        except Corrupt as error:
            raise arrival.spoiled(error) from error
        self._layers[missing.position] = layer
        self._crews.tell(None)
