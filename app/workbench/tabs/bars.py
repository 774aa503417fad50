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
        for tab, text in self._laid(width):
            spans.append(Span(text, "accent strong" if tab == self._open else "dim"))
        used = sum(len(span.text) for span in spans)
        return self.strip([*spans, Span("─" * max(0, width - used), "rule")], width)

    def _laid(self, width: int) -> list[tuple[str, str]]:
        """Write every tab with air around it if all fit, else tight; the first ones yield to the open one."""
        for air in (" ", ""):
            laid = [
                (tab, f"[{air}{tab}{air}]" if tab == self._open else f" {air}{tab}{air} ")
                for tab in self._tabs
            ]
            if sum(len(text) for _, text in laid) < width:
                return laid
        while laid and laid[0][0] != self._open and self._end_of_open(laid) > width - 2:
            laid.pop(0)
        return laid

    def _end_of_open(self, laid: Sequence[tuple[str, str]]) -> int:
        """Tell where the tab behind the open one ends, or the open one if it is the last."""
        place = next(place for place, (tab, _) in enumerate(laid) if tab == self._open)
        return sum(len(text) for _, text in laid[: place + 2])

    def on_click(self, event: Click) -> None:
        """Open the tab that was clicked."""
        at = 1
        for tab, text in self._laid(self.content_size.width):
            if at <= event.x < at + len(text):
                self.post_message(self.Chosen(tab))
            at += len(text)
