"""The `:` line: a prompt that offers what can come next, and what was typed before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester

from app.completion.line import Typed, typed
from app.completion.offers import Ask, Offer
from app.workbench.command.choices import Choices, choices, fitting, place_of, put, ranked
from app.workbench.command.history import History
from app.workbench.command.offering import Offering
from app.workbench.errands import Errands
from app.workbench.prompt import Prompt


class _Remembered(Suggester):
    """Suggests the newest line that begins so."""

    def __init__(self, history: History) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._history = history

    async def get_suggestion(self, value: str) -> str | None:
        """Find it."""
        found = self._history.newest(value)
        return None if found is None else self._history.lines[found]


class CommandLine(Prompt):
    """Tab goes through what can stand there, ↑ and ↓ through what was typed, Ctrl-R searches in that."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "choose(1)", show=False, priority=True),
        Binding("shift+tab", "choose(-1)", show=False, priority=True),
        Binding("ctrl+r", "look_back", show=False, priority=True),
    ]

    def __init__(self, offering: Offering, errands: Errands, ask: Ask | None, history: History) -> None:
        super().__init__()
        self._offering, self._errands, self._ask, self.past = offering, errands, ask, history
        self._input.suggester = _Remembered(history)
        self._known = Choices()
        self._asking: tuple[str, ...] | None = None
        self._offers: Sequence[Offer] = ()
        self._chosen = -1
        self._base = ""
        """The line as it was typed, under what is chosen for it."""
        self._searching = False
        self._at: int | None = None
        """The place in the history."""

    def begin(self, answered: Callable[[str], object], text: str = "") -> None:
        """Ask for a line, beginning with a text; what is entered is kept."""

        def entered(line: str) -> None:
            self.past.add(line)
            answered(line)

        self.past.read()
        self._known, self._searching, self._at = Choices(), False, None
        self.ask(": stackyard", entered, value=text, changed=self._heard, before=self.screen.focused)
        self._heard(text)

    def _heard(self, text: str) -> None:
        if not self.asking:
            return
        if self._chosen >= 0 and text == self._written(self._chosen):
            return
        if self._at is not None and text == self.past.lines[self._at]:
            self._show(())
            return
        self._base, self._chosen, self._at = text, -1, None
        if self._searching:
            self._show_past()
        else:
            self._look(self._read())

    def _read(self) -> Typed:
        return typed(self._base)

    def _look(self, read: Typed) -> None:
        place = place_of(read)
        if place == self._known.place:
            self._show(self._wanted(read))
        elif self._ask and place != self._asking:
            self._asking = place
            self._errands.run(partial(choices, self._ask, read), self._came)

    def _wanted(self, read: Typed) -> Sequence[Offer]:
        found = fitting(self._known, read.words[-1])
        # What is there already, whole, is no offer; and an untouched line is not talked into anything.
        return () if [one.text for one in found] == [read.words[-1]] else found

    def _came(self, found: Choices) -> None:
        if found.place == self._asking:
            self._asking = None
        if self.asking and not self._searching and found.place == place_of(self._read()):
            self._known = found
            self._show(self._wanted(self._read()))

    def _show(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        column = 0 if self._searching else self._read().start
        self._offering.show(offers, self._chosen, self._label.size.width + column)

    def _show_past(self) -> None:
        lines = list(reversed(self.past.lines))
        words = self._base.strip()
        offers = [Offer(line) for line in lines]
        self._show(ranked(words, offers, lines) if words else offers)

    def action_look_back(self) -> None:
        """Search in what was typed before; once more: the next that fits."""
        if self._searching:
            self.action_choose(1)
        else:
            self._searching, self._chosen = True, -1
            self._label.update(": history")
            self.call_after_refresh(self._show_past)

    def action_choose(self, by: int) -> None:
        """Write the next offer into the line; the only one at once, so that typing can go on."""
        if not self._offers:
            return
        if len(self._offers) == 1 and self._chosen < 0 and not self._searching:
            self._write(put(self._base, self._read(), self._offers[0], settled=True))
            return
        count = len(self._offers)
        self._chosen = (self._chosen + by) % count if self._chosen >= 0 else (0 if by > 0 else count - 1)
        self._write(self._written(self._chosen))
        self._show(self._offers)

    def _written(self, place: int) -> str:
        offer = self._offers[place]
        if self._searching:
            return offer.text
        return put(self._base, self._read(), offer, settled=False)

    def _write(self, text: str) -> None:
        self._input.value = text
        self._input.cursor_position = len(text)

    def action_earlier(self) -> None:
        """Go up in the list, or back to the line before that begins as this one does."""
        if self._chosen >= 0:
            self.action_choose(-1)
        else:
            self._recall_to(self.past.newest(self._base, self._at))

    def action_later(self) -> None:
        """Go down in the list, or forward again; from the newest line into the list."""
        if self._chosen >= 0 or self._at is None:
            self.action_choose(1)
        else:
            later = self.past.next(self._base, self._at)
            if later is None:
                self._at = None
                self._write(self._base)
            else:
                self._recall_to(later)

    def _recall_to(self, place: int | None) -> None:
        if place is not None:
            self._at = place
            self._write(self.past.lines[place])

    def action_leave(self) -> None:
        """Take back what was chosen, or leave."""
        if self._chosen >= 0 or self._searching:
            self._chosen, self._searching = -1, False
            self._label.update(": stackyard")
            self._write(self._base)
            self._look(self._read())
        else:
            super().action_leave()

    def _leave(self) -> None:
        self._offering.show((), -1, 0)
        super()._leave()
