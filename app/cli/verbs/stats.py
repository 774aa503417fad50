"""`stats`: what containers use, once or over and over."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from app.cli.command import Command
from app.cli.flags import Arguments, Flag
from app.cli.listing import written
from app.cli.statistics_rows import COLUMNS, HEADINGS, statistics_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.containers.containers import Containers
    from engine.containers.programs.statistics import Statistics
    from engine.containers.record import Container
    from engine.engine import Engine

_PERIOD = 1.0
"""Seconds between two samples, as docker takes them."""
_UNTOLD = 5.0
"""Seconds after which the containers are listed again though no event was told."""
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\033[H", "\033[K", "\033[J"


class Crew:
    """Who is sampled: the named ones as long as they are there, or all; listed anew only after an event."""

    def __init__(self, containers: Containers, names: list[str], everybody: bool, journal: str) -> None:
        self._containers, self._names, self._all, self._journal = containers, names, everybody, journal
        self._seen: tuple[int, int, float] = (0, 0, 0.0)
        self._known: list[tuple[str, Container]] = []

    def members(self) -> list[tuple[str, Container]]:
        """Return whom to show, each with how it was asked for. Raises NotFound for an unknown name."""
        mark = self._mark()
        if mark[:2] != self._seen[:2] or mark[2] - self._seen[2] > _UNTOLD:
            self._seen, self._known = mark, self._listed()
        return self._known

    def _mark(self) -> tuple[int, int, float]:
        try:
            found = os.stat(self._journal)
        except FileNotFoundError:
            return 0, 0, time.monotonic()
        return found.st_ino, found.st_size, time.monotonic()

    def _listed(self) -> list[tuple[str, Container]]:
        if self._names:
            return [(name, self._containers.get(name)) for name in self._names]
        return [(one.id[:12], one) for one in self._containers.list(all=self._all)]


def _run(engine: Engine, arguments: Arguments) -> int:
    names = arguments.positional
    crew = Crew(engine.containers, names, arguments.switch("all"), engine.paths.events)
    view = _View(arguments.text("format"), arguments.switch("no-trunc"))
    meter = engine.containers.meter()
    live = not arguments.switch("no-stream")
    try:
        # The first look at the processor's counters tells nothing yet.
        meter.sample(container for _, container in crew.members())
        while True:
            time.sleep(_PERIOD)
            members = crew.members()
            text = view.text(members, meter.sample(container for _, container in members))
            if not live:
                sys.stdout.write(text)
                return 0
            sys.stdout.write(_HOME + text.replace("\n", f"{_REST_OF_LINE}\n") + _REST_OF_SCREEN)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 0 if live else 130
    finally:
        meter.close()


class _View(NamedTuple):
    form: str
    whole: bool

    def text(self, members: list[tuple[str, Container]], used: Mapping[str, Statistics]) -> str:
        """Lay the figures out; who does not run uses nothing."""
        from engine.containers.programs.statistics import Statistics

        nothing = Statistics(0.0, 0, 0, 0, 0, 0, 0, 0)
        rows = [
            statistics_row(asked, one.id, one.name, used.get(one.id, nothing), whole=self.whole)
            for asked, one in members
        ]
        return written(rows, HEADINGS, COLUMNS, self.form)


STATS = Command(
    "[OPTIONS] [CONTAINER...]",
    "Display a live stream of container(s) resource usage statistics",
    _run,
    (
        Flag("all", "bool", "Show all containers (default shows just running)", short="a"),
        Flag("format", "string", "Pretty-print images using a Go template"),
        Flag("no-stream", "bool", "Disable streaming stats and only pull the first result"),
        Flag("no-trunc", "bool", "Do not truncate output"),
    ),
    0,
    None,
)
