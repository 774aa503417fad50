"""The Stats tab: plots of what the container uses."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Resize
from textual.strip import Strip

from app.workbench.paint import Painted
from app.workbench.sampler import PERIOD
from app.workbench.spans import Spans
from app.workbench.statspage import page
from app.workbench.usage import Sample


class StatsView(Painted, can_focus=True):
    """The plots of one container, drawn again with every sample."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._samples: Sequence[Sample] = ()
        self._alive = False
        self._apology = ""
        self._lines: Sequence[Spans] = ()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in spans) for spans in self._lines)

    def show(self, samples: Sequence[Sample], *, alive: bool, apology: str) -> None:
        """Show these samples, the newest last."""
        self._samples, self._alive, self._apology = samples, alive, apology
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """Draw for the new size."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.content_size
        if width and height:
            self._lines = page(
                self._samples, width, height, period=PERIOD, alive=self._alive, apology=self._apology
            )
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        return self.strip(self._lines[y] if y < len(self._lines) else (), self.content_size.width)
