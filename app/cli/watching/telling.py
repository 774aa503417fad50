"""What a watch says beside what its containers print: a line or two for each thing that happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from app.cli.build.palette import Span, coloured, painted
from app.output import show
from engine.develop import events
from engine.develop.events import Event

TARGETS = {"stdout": 1, "stderr": 2}
_NAMED = 3
"""Saved files that are named on one line."""


class Telling:
    """Writes words to stderr, and what containers print to where they printed it."""

    def __init__(self) -> None:
        self._colour = sys.stderr.isatty() and coloured(os.environ)
        self._running: set[str] = set()
        self._broken = False
        """Whether what a container printed last has no end of line."""
        self._saved, self._what = 0.0, ""
        """When the round's files were saved, and what to call that moment."""
        self._ran = 0

    @property
    def running(self) -> Sequence[str]:
        """The containers that this watch has put in place."""
        return sorted(self._running)

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        match event:
            case events.Printed():
                self._print(event)
            case events.Began():
                self._begin(event)
            case events.Saved():
                self._save(event)
            case events.Ran():
                self._run(event)
            case events.Failed():
                self._fail(event)
            case events.Replaced() | events.Copied() | events.Answered() | events.Ended():
                self._change(event)
            case _:
                self._note(event)

    def say(self, sign: str, role: str, *spans: Span) -> None:
        """Write one line."""
        sys.stdout.flush()
        if self._broken:
            sys.stderr.write("\n")
            self._broken = False
        sys.stderr.write(painted((Span(f"{sign} ", role), *spans), self._colour) + "\n")
        sys.stderr.flush()

    def _print(self, event: events.Printed) -> None:
        data = event.data
        if len(self._running) > 1:
            mark = f"{event.name} │ ".encode()
            data = b"".join(mark + line for line in data.splitlines(keepends=True))
        show(TARGETS[event.stream], data)
        self._broken = not data.endswith(b"\n")

    def _begin(self, event: events.Began) -> None:
        self.say("●", "cached", Span("watching ", "dim"), Span(event.context, "strong"))
        if event.how == "polling":
            text = f"{event.why}: looking through all files again and again instead, which is slower"
            self.say("!", "why", Span(text))

    def _save(self, event: events.Saved) -> None:
        self._saved, self._ran = event.at, 0
        self._what = "the save" if event.round > 1 else "the beginning"
        if event.round == 1:
            return
        more = f" and {event.files - _NAMED} more" if event.files > _NAMED else ""
        named = ", ".join(event.paths[:_NAMED])
        self.say("●", "cached", Span(f"{named}{more}" or "the context", "strong"),
                 Span(" saved" if named else " is there again"))  # fmt: skip

    def _run(self, event: events.Ran) -> None:
        """Tell the first step that was carried out: the others follow from it."""
        self._ran += 1
        if self._ran == 1:
            text = event.text.partition("\n")[0]
            self.say(" ", "plain", Span(f"{event.step}/{event.total} ", "dim"), Span(text),
                     Span(f"  {event.why}", "why"))  # fmt: skip

    def _fail(self, event: events.Failed) -> None:
        if event.line or event.text:
            where = f"line {event.line}  " if event.line else ""
            self.say("✘", "bad", Span(where, "dim"), Span(event.text.partition("\n")[0], "strong"))
        for line in event.output:
            self.say(" ", "plain", Span("│ ", "bad"), Span(line))
        self.say("✘", "bad", Span(event.message, "alarm"))
        if event.advice:
            self.say(" ", "plain", Span(event.advice))
        if self._running:
            names = ", ".join(self.running)
            self.say("!", "why", Span(f"{names} is still what it was before this save", "why"))

    def _change(self, event: events.Replaced | events.Copied | events.Answered | events.Ended) -> None:
        name = Span(event.name, "strong")
        after = f"{max(0.0, event.time - self._saved):.2f} s after {self._what}"
        match event:
            case events.Replaced():
                self._running.add(event.name)
                how = " replaced" if event.instead else " started"
                self.say("✔", "good", name, Span(how), Span(f"  {after}", "dim"))
            case events.Copied():
                done = [f"{event.files} copied"] if event.files else []
                done += [f"{event.removed} removed"] if event.removed else []
                done += ["restarted"] if event.restarted else []
                self.say("✔", "good", name, Span(f" {', '.join(done)}"), Span(f"  {after}", "dim"))
            case events.Answered():
                self.say("✔", "good", name, Span(" prints"), Span(f"  {after}", "dim"))
            case events.Ended():
                self._running.discard(event.name)
                bad = event.code != 0
                self.say("✘" if bad else "○", "bad" if bad else "dim", name,
                         Span(f" ended with exit code {event.code}"))  # fmt: skip

    def _note(self, event: Event) -> None:
        match event:
            case events.Waits():
                self.say("!", "why", Span(event.why))
            case events.Overtaken():
                self.say("○", "dim", Span("saved again while it was built: the latest wins", "dim"))
            case events.Kept():
                self.say("○", "dim", Span(event.why, "dim"))
            case events.Built(behind=True):
                self.say("!", "why", Span("files are saved without a pause: this is older than they are"))
