"""`--progress json`: the engine's own events, one JSON object a line, as they happen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

from engine.build.events import Failed, encode

if TYPE_CHECKING:
    from engine.build.events import Event


class Lines:
    """Writes each event as one line; texts that are no UTF-8 come as lone surrogates, escaped."""

    def __init__(self, out: TextIO) -> None:
        self.failure: Failed | None = None
        self._out = out

    def __call__(self, event: Event) -> None:
        """Write one event."""
        if isinstance(event, Failed):
            self.failure = event
        self._out.write(json.dumps(encode(event), separators=(",", ":")) + "\n")
        self._out.flush()

    def close(self) -> None:
        """Nothing is left to do."""
