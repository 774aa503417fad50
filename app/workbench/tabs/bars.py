"""The two lines above the right side: what is selected, and the tabs it has."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from app.workbench.paint import Painted
from app.workbench.spans import Span, cut, spread


class TitleBar(Painted):
    """The name of what is selected and a few words about it."""

    def __init__(self) -> None:
        super().__init__()
        self._title = Span("")
        self._mark = Span("")
        self._about = ""

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return f"{self._mark.text} {self._title.text} {self._about}".strip()

    def show(self, mark: Span, name: str, about: str) -> None:
        """Show another title."""
        said = mark, Span(name, "strong"), about
        if said != (self._mark, self._title, self._about):
            self._mark, self._title, self._about = said
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the title; the name comes before the words about it."""
        width = self.content_size.width
        mark = [Span(f"{self._mark.text} ", self._mark.role)] if self._mark.text else []
        room = width - 2 - len(self._title.text) - (2 if mark else 0)
        about = [Span(cut(self._about, room - 2), "dim"), Span(" ")] if self._about and room > 9 else []
        return self.strip(spread([Span(" "), *mark, self._title], about, width), width)


class TabBar(Painted):
    """The names of the tabs, the open one in brackets and bright."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self) -> None:
        super().__init__()
        self._tabs: Sequence[str] = ()
        self._open = ""

    def show(self, tabs: Sequence[str], open: str) -> None:
        """Show these tabs, one of them open."""
        if (tabs, open) != (self._tabs, self._open):
            self._tabs, self._open = tabs, open
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the tabs on a rule."""
        width = self.content_size.width
        spans = [Span("─", "rule")]
        for tab in self._tabs:
            shown = Span(f"[ {tab} ]", "accent strong") if tab == self._open else Span(f"  {tab}  ", "dim")
            spans.append(shown)
        used = sum(len(span.text) for span in spans)
        return self.strip([*spans, Span("─" * max(0, width - used), "rule")], width)

    def on_click(self, event: Click) -> None:
        """Open the tab that was clicked."""
        at = 1
        for tab in self._tabs:
            if at <= event.x < at + len(tab) + 4:
                self.post_message(self.Chosen(tab))
            at += len(tab) + 4
