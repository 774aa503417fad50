"""The Watch tab: a watch in words, and its rounds, the newest first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.workbench.figures import count
from app.workbench.spans import Span, Spans, cut, cut_spans, plain, wrap
from app.workbench.yard import Watch

if TYPE_CHECKING:
    from engine.develop.rounds import Round

MARKS = {
    "building": Span("●", "accent"), "starting": Span("●", "accent"), "done": Span("✓", "good"),
    "copied": Span("✓", "good"), "same": Span("≡", "dim"), "kept": Span("–", "dim"),
    "failed": Span("✕", "bad"), "overtaken": Span("‖", "warn"), "ended": Span("†", "bad"),
}  # fmt: skip
"""States told apart by shape before colour."""
_WORDS = {
    "building": "is being built", "starting": "is being started", "same": "the same image: nothing replaced",
    "overtaken": "saved again while it was built",
}  # fmt: skip
_NAMED = 3
_INDENT = 4
_LAST = 6
"""Lines that are shown of what a failing step printed."""


def lay(watch: Watch | None) -> Callable[[int], Sequence[Spans]]:
    """Lay out a watch."""
    if watch is None:
        return _nothing

    def lines(width: int) -> list[Spans]:
        found = [*_head(watch, width), []]
        for one in reversed(watch.history.rounds):
            found += _round(one, width)
        return found

    return lines


def _nothing(width: int) -> list[Spans]:
    text = (
        "Nobody watches this. w builds it again whenever one of its files is saved, and replaces the"
        " containers that run its tag; each save is shown here."
    )
    return [[Span(f" {line}", "dim")] for line in wrap(text, max(20, width - 2))]


def _head(watch: Watch, width: int) -> list[Spans]:
    history = watch.history
    since = time.strftime("%H:%M", time.localtime(watch.started))
    if not watch.alive:
        mark, word, more = Span("○ ", "dim"), "Watched", f"from {since} on; it is over"
    elif watch.tied:
        mark, word = Span("◉ ", "accent"), "Watching"
        more = f"since {since}; it ends with the workbench that began it, w ends it now"
    else:
        mark, word = Span("◉ ", "accent"), "Watching"
        more = f"since {since} on a command line; it goes on without the workbench"
    first, *rest = wrap(f"{word} {more}", width - 4)
    found: list[Spans] = [[Span(" "), mark, Span(word, "strong"), Span(first[len(word) :])]]
    found += [[Span(f"   {line}")] for line in rest]
    found.append([Span(f"   {cut(plain(watch.context), width - 4)}", "dim")])
    if history.polling:
        told = wrap(f"It polls: {history.polling}", width - 4)
        found += [[Span(" ! ", "warn"), Span(line)] for line in told]
    if history.waits and watch.alive:
        found += [[Span(" ! ", "warn"), Span(line)] for line in wrap(history.waits, width - 4)]
    if not watch.alive and history.over not in ("", "it was stopped"):
        found += [[Span(" ✕ ", "bad"), Span(line)] for line in wrap(history.over, width - 4)]
    return found


def _round(one: Round, width: int) -> list[Spans]:
    """Tell what was saved, what that made run, and what came of it."""
    clock = time.strftime("%H:%M:%S", time.localtime(one.saved or one.began))
    named = ", ".join(map(plain, one.paths[:_NAMED]))
    more = f" and {one.files - _NAMED} more" if one.files > _NAMED else ""
    what = f"{named}{more}" or ("The beginning" if one.number == 1 else "The whole context")
    figure = f"{one.after:.2f} s" if one.after else ""
    room = width - len(clock) - len(figure) - 7
    title = cut(what, room)
    head = [Span(" "), MARKS[one.state], Span(f" {clock}  ", "dim"), Span(title, "strong"),
            Span(" " * max(1, room - len(title)) + " "), Span(figure, "good")]  # fmt: skip
    room = width - _INDENT
    return [head, *([Span(" " * _INDENT), *cut_spans(spans, room)] for spans in _told(one, room))]


def _told(one: Round, width: int) -> list[Spans]:
    found: list[Spans] = []
    if one.text and one.state != "failed":
        step = f"{one.step}/{one.total} "
        why = f"  {plain(one.why)}" if one.state != "kept" else ""
        text = cut(plain(one.text.partition("\n")[0]), max(8, width - len(step) - len(why)))
        found.append([Span(step, "dim"), Span(text), Span(why, "warn")])
    if one.state == "failed":
        return [*found, *_failure(one, width)]
    words = _WORDS.get(one.state, "")
    if one.state in ("done", "ended", "copied"):
        verb = "has the files" if one.state == "copied" else "replaced"
        words = f"{', '.join(one.names)} {verb}"
    if one.state == "ended":
        words += f", and ended with exit code {one.code}"
    if one.state == "kept":
        words = one.why
    if one.behind:
        words += "; files had been saved again by then"
    if words:
        found.append([Span(cut(plain(words), width), "bad" if one.state == "ended" else "dim")])
    if one.answer:
        found.append([Span("│ ", "rule"), Span(cut(plain(one.answer), width - 2))])
    return found


def _failure(one: Round, width: int) -> list[Spans]:
    found: list[Spans] = []
    if one.text:
        where = f"line {one.line}  " if one.line else ""
        text = cut(plain(one.text.partition("\n")[0]), max(8, width - len(where)))
        found.append([Span(where, "dim"), Span(text, "bad")])
    found += [[Span("│ ", "bad"), Span(cut(plain(line), width - 2))] for line in one.output[-_LAST:]]
    found += [[Span(line, "bad")] for line in wrap(plain(one.why), width)]
    older = "What ran runs on: it is not what was saved."
    return [*found, *([Span(line, "warn")] for line in wrap(older, width))]


def summary(watch: Watch) -> str:
    """Say in a few words how a watch goes."""
    rounds = len(watch.history.rounds)
    return f"watched · {count(rounds, 'round')}" if watch.alive else ""
