"""What a pull tells, as a build tells it: lines of the step's output, and how far the step is."""

from __future__ import annotations

from collections.abc import Callable

from engine.build.events import Event, Output, StepProgress
from engine.images.records import Transfer


class Heard:
    """Hears of a pull for one step."""

    def __init__(self, step: int, report: Callable[[Event], None]) -> None:
        self._step = step
        self._report = report
        self._layers: dict[str, Transfer] = {}

    def __call__(self, transfer: Transfer) -> None:
        """Report one line of it, or how many bytes of all layers have come."""
        if not transfer.total:
            head = f"{transfer.id}: " if transfer.id else ""
            self._report(Output(self._step, 1, f"{head}{transfer.status}\n"))
        elif transfer.status == "Downloading":
            self._layers[transfer.id] = transfer
            current = sum(layer.current for layer in self._layers.values())
            total = sum(layer.total for layer in self._layers.values())
            self._report(StepProgress(self._step, current, total, "B"))
