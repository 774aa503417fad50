"""Searching a log: the words are looked for in a thread, the match is shown where it stands."""

from __future__ import annotations

import threading
from collections.abc import Callable

from textual.message import Message

from app.workbench.logpage import Matcher, Place
from app.workbench.merged import Merged
from app.workbench.sieve import Sieve
from app.workbench.spans import plain
from app.workbench.tabs.logcanvas import LogCanvas
from app.workbench.yard import Log


class LogSearch(LogCanvas):
    """A log that can be searched, in either direction."""

    class Search(Message):
        """Find the next match: from a line on, in a direction."""

        def __init__(self, matcher: Matcher, start: int, backward: bool) -> None:
            super().__init__()
            self.matcher, self.start, self.backward = matcher, start, backward

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._searching: threading.Event | None = None

    def _leave(self) -> None:
        super()._leave()
        self.cancel_search()

    def reader(self) -> Callable[[], Log] | None:
        """Return a call that opens what is shown once more, for another thread; None if nothing is shown."""
        log = self._log
        return log.fresh if isinstance(log, Merged | Sieve) else self._opener

    def _hold(self) -> None:
        if self.following and self._log:
            self.following = False
            self._seen = self._log.line_count

    async def action_search(self) -> None:
        """Ask what to search for, before the next key is looked at."""
        await self.run_action("screen.search")

    def search(self, text: str) -> None:
        """Search backward from what is on the screen, as the newest lines are seen first; no text ends it."""
        self.cancel_search()
        self._matcher = Matcher(text) if text else None
        self._found, self._said = None, ""
        self.refresh()
        if self._matcher and self._log:
            rows = self.page.rows
            self._look(rows[-1].number if rows else 0, backward=True)

    async def action_search_next(self) -> None:
        """Go to the next match down."""
        await self._look_from(1)

    async def action_search_previous(self) -> None:
        """Go to the next match up."""
        await self._look_from(-1)

    async def _look_from(self, step: int) -> None:
        if self._matcher is None:
            await self.action_search()
            return
        rows = self.page.rows
        edge = (rows[0].number - 1 if step > 0 else rows[-1].number + 1) if rows else 0
        self._look((edge if self._found is None else self._found) + step, backward=step < 0)

    def _look(self, start: int, *, backward: bool) -> None:
        assert self._matcher
        self.cancel_search()
        self._said = f"searching {plain(self._matcher.text)} …"
        self.refresh()
        self.post_message(self.Search(self._matcher, start, backward))

    def begin_search(self) -> threading.Event:
        """Return the token that cancels the search that begins."""
        self._searching = threading.Event()
        return self._searching

    def cancel_search(self) -> None:
        """Stop a search that is running."""
        if self._searching:
            self._searching.set()
            self._searching = None

    def found(self, line: int | None, backward: bool) -> None:
        """Show the match, or say that there is none."""
        self._searching = None
        if self._matcher is None or self._log is None:
            return
        word = plain(self._matcher.text)
        if line is None:
            where = ("above" if backward else "below") if self._found is not None else "here"
            self._said = f"no {'more ' if self._found is not None else ''}{word} {where}"
            self.refresh()
            return
        self._log.refresh()
        self._found, self._said = line, f"{word} · line {line - self._log.first_line + 1:,}"
        rows = self.page.rows
        if not rows or not rows[0].number <= line <= rows[-1].number:
            self._hold()
            self._place = Place(max(0, line - self._shape.height // 2))
            self._page = None
        else:
            self._hold()
        self.refresh()

    @property
    def searched(self) -> bool:
        """Whether a search is on."""
        return self._matcher is not None
