"""What can be asked of logs: several as one, searching, narrowing, saving."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from app.workbench.actions import line, refusal
from app.workbench.ansi import visible
from app.workbench.errands import sentence
from app.workbench.figures import count
from app.workbench.screens.terminals import TerminalsScreen
from app.workbench.spans import Span
from app.workbench.yard import Log
from engine.errors import InvalidInput

_BLOCK = 1000
_NAMED = 3
"""So many logs are spelled out."""
_LONGEST = 8192
"""A line that is as long as this was cut."""


class LogToolsScreen(TerminalsScreen):
    """The board, with logs that are gone through."""

    def action_logs(self) -> None:
        """Go to the log of the container, or to those of all marked ones; to what a build printed."""
        if self.selection.kind == "build":
            self.action_output()
            return
        reason = refusal("logs", self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
            return
        keys = self._containers.marked
        marked = [one for one in self.lists.containers if one.id in keys]
        names = [one.name for one in marked] if len(marked) > 1 else [self.selection.name]
        self.status.say(Span(_typed(names), "strong"))
        # The cursor may have moved just now, and what it stands on would be shown in their place.
        self._show_selected()
        self.detail.show_together([one.id for one in marked] if len(marked) > 1 else [])
        self.set_focus(self.detail.view)

    def action_search(self) -> None:
        """Ask what to search the log for."""
        self._ask("search the log:", self.detail.logs.search)

    def action_narrow(self) -> None:
        """Ask which lines are to be seen."""
        logs = self.detail.logs

        def answered(text: str) -> None:
            logs.narrow(logs.wanted._replace(words=text if text.strip(" !") else ""))
            self._show_hints()

        self._ask("only lines with (! without):", answered, value=logs.wanted.words)

    def action_window(self) -> None:
        """Ask which stretch of time is to be seen."""
        from app.workbench.window import window

        logs = self.detail.logs

        def answered(text: str) -> None:
            try:
                since, until = window(text.strip(), self._yard.now())
            except InvalidInput as error:
                self.status.fail(sentence(error))
                return
            logs.narrow(logs.wanted._replace(since=since, until=until, window=text.strip()))
            self._show_hints()

        self._ask("only from..to (10m, 14:00..14:30):", answered, value=logs.wanted.window)

    def action_save(self) -> None:
        """Ask where to save what is shown."""
        names = self.detail.named.split(", ")
        name = names[0] if len(names) == 1 else "containers"

        def answered(text: str) -> None:
            if text.strip():
                self._save(os.path.expanduser(text.strip()))

        self._ask("save the log to:", answered, value=f"{name}.log")

    def _save(self, path: str) -> None:
        opened, times = self.detail.logs.reader(), self.detail.logs.times
        if opened is None:
            self.status.refuse("There is no log here to save.")
            return

        def save() -> tuple[int, int]:
            log, lines, cut = opened(), 0, 0
            try:
                # Nothing is ever written over: another name is soon typed.
                with open(path, "xb") as file:
                    for text, shortened in _told(log, times=times):
                        file.write(text)
                        lines, cut = lines + 1, cut + shortened
            finally:
                log.close()
            return lines, cut

        def done(answer: tuple[int, int]) -> None:
            lines, cut = answer
            more = f", of which {cut} were cut at {_LONGEST} bytes" if cut else ""
            self.status.say(Span("saved ", "good"), Span(f"{count(lines, 'line')} to {path}{more}"))

        self.status.say(Span(f"saving to {path} …", "dim"))
        self._errands.run(save, done, lambda error: self.status.fail(sentence(error)))


def _typed(names: Sequence[str]) -> str:
    """Write the command that shows these logs, or the first of them."""
    first, *more = [line(["logs", "-f", name]) for name in names]
    said = " & ".join((first, *(word.removeprefix("$ ") for word in more[: _NAMED - 1])))
    return f"{said} & …" if len(names) > _NAMED else said


def _told(log: Log, *, times: bool) -> Iterator[tuple[bytes, bool]]:
    """Write line after line, with what stands before it on the screen; tell which were cut."""
    from engine.moments import rfc3339

    place, end = log.first_line, log.line_count
    while place < end and (lines := log.lines(place, min(_BLOCK, end - place))):
        for one in lines:
            name = getattr(one, "source", "")
            head = f"{rfc3339(one.time_ns)} " if times else ""
            text = (head + (f"{name} " if name else "")).encode() + visible(one.text) + b"\n"
            yield text, len(one.text) >= _LONGEST
        place = lines[-1].number + 1
