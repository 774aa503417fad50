"""The rounds of a watch, made of its events one after the other."""

from __future__ import annotations

from typing import NamedTuple

from engine.develop import events
from engine.develop.events import Event

KEPT = 100
"""Rounds of one watch that are remembered."""


class Round(NamedTuple):
    """What one save came to."""

    number: int
    paths: tuple[str, ...] = ()
    files: int = 0
    saved: float = 0
    state: str = "building"
    """building, starting, done, same, copied, kept, failed, overtaken or ended."""
    step: int = 0
    """The first step that was not in the cache, or the one that failed; 0 if there is none."""
    total: int = 0
    text: str = ""
    """That step, or the line to blame, as it is written."""
    line: int = 0
    why: str = ""
    """Why the step ran; why nothing was replaced; what failed."""
    ran: int = 0
    """Steps that were not in the cache."""
    began: float = 0
    built: float = 0
    """When the image was there; 0 until then."""
    build: str = ""
    image: str = ""
    names: tuple[str, ...] = ()
    """The containers that run it."""
    replaced: float = 0
    answer: str = ""
    """The first line of the new process."""
    after: float = 0
    """Seconds from the save to that line; 0 as long as there is none."""
    output: tuple[str, ...] = ()
    """The last lines of a step that failed."""
    behind: bool = False
    """Files had been saved again when it was built."""
    code: int | None = None
    """How the container ended, if it did."""


class History(NamedTuple):
    """A watch so far."""

    how: str = ""
    """inotify or polling; empty before it looks."""
    polling: str = ""
    """Why it polls."""
    waits: str = ""
    """Why it cannot go on for now."""
    over: str = ""
    """Why it ended."""
    rounds: tuple[Round, ...] = ()
    """The newest last."""

    @property
    def last(self) -> Round | None:
        """The newest round."""
        return self.rounds[-1] if self.rounds else None

    def after(self, event: Event | None) -> History:
        """Return what it is after one more event."""
        if isinstance(event, events.Began):
            return self._replace(how=event.how, polling=event.why)
        if isinstance(event, events.Waits):
            return self._replace(waits=event.why)
        if isinstance(event, events.Over):
            return self._replace(over=event.why or "it was stopped")
        if isinstance(event, events.Saved):
            begun = Round(event.round, event.paths, event.files, event.at, began=event.time)
            return self._replace(waits="", rounds=(*self.rounds, begun)[-KEPT:])
        number = getattr(event, "round", 0)
        rounds = tuple(
            _told(one, event) if event is not None and one.number == number else one for one in self.rounds
        )
        return self._replace(rounds=rounds)


def _told(now: Round, event: Event) -> Round:
    match event:
        case events.Ran():
            if now.ran:
                return now._replace(ran=now.ran + 1)
            return now._replace(ran=1, step=event.step, total=event.total, text=event.text, line=event.line,
                                why=event.why)  # fmt: skip
        case events.Built():
            return now._replace(state="starting", built=event.time, build=event.build, image=event.image,
                                behind=event.behind)  # fmt: skip
        case events.Replaced():
            names = (*now.names, event.name)
            return now._replace(state="done", names=names, replaced=event.time)
        case events.Kept():
            state = "kept" if now.ran else "same"
            return now._replace(state=state, why=event.why)
        case events.Copied():
            names = (*now.names, event.name)
            return now._replace(state="copied", names=names, replaced=event.time)
        case events.Failed():
            return now._replace(state="failed", step=event.step, line=event.line, text=event.text,
                                why=event.message, output=event.output)  # fmt: skip
        case events.Overtaken():
            return now._replace(state="overtaken")
        case events.Answered():
            return now if now.after else now._replace(answer=event.line, after=event.after)
        case events.Ended():
            return now._replace(state="ended", code=event.code)
    return now
