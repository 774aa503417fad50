"""A few lines of spans that take the height they need."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip

from app.workbench.paint import Painted
from app.workbench.spans import Spans
from app.workbench.tabs.text import Lay


class Paragraph(Painted):
    """Shows a text as it is laid out for the width."""

    def __init__(self, lay: Lay, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lay = lay
        self._lines: Sequence[Spans] = ()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(
            "".join(span.text for span in spans) for spans in self._lay(self.content_size.width or 60)
        )

    def show(self, lay: Lay) -> None:
        """Show another text."""
        self._lay = lay
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Take the lines that there are."""
        return len(self._lay(width))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.content_size.width
        lines = self._lay(width)
        return self.strip(lines[y] if y < len(lines) else (), width)
