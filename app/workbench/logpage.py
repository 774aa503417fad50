"""One screenful of a log: which rows stand on it, read from the lines around a place and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from app.workbench.ansi import parse, visible
from app.workbench.spans import fitting
from app.workbench.yard import Log, LogLine

Runs = list[tuple[str, Style]]
DATED = 90
"""From this width on, times are told with their date."""


class Shape(NamedTuple):
    """How lines become rows."""

    width: int
    height: int
    wrap: bool = False
    times: bool = False
    names: int = 0
    """Cells for the name of whose line it is; 0 where all are of one."""


class PageRow(NamedTuple):
    """One row on the screen."""

    number: int
    """Of its line."""
    error: bool
    """Whether it came by stderr."""
    prefix: str
    """The time, on a line's first row."""
    runs: Runs
    name: str = ""
    """Whose line it is, on its first row."""
    hue: int = 0
    """Tells whose it is by colour."""

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(text for text, _ in self.runs)


class Place(NamedTuple):
    """The topmost row: a line, and how many of its rows are above."""

    line: int = 0
    skip: int = 0


class Page(NamedTuple):
    """What is on the screen."""

    place: Place
    rows: list[PageRow]
    at_end: bool


def rows_of(line: LogLine, shape: Shape) -> list[PageRow]:
    """Turn one line into the rows it takes."""
    prefix = told_time(line.time_ns, shape.width) if shape.times else ""
    runs = parse(line.text)
    row = PageRow(line.number, line.stream == "stderr", prefix, runs)
    if shape.names:
        row = row._replace(name=getattr(line, "source", ""), hue=getattr(line, "hue", 0))
    if not shape.wrap:
        return [row]
    folded = fold(runs, max(8, shape.width - len(prefix) - shape.names))
    rest = row._replace(prefix="", name="")
    return [(rest if n else row)._replace(runs=part) for n, part in enumerate(folded)]


def told_time(time_ns: int, width: int) -> str:
    """Write when a line came, in local time."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    form = "%Y-%m-%d %H:%M:%S" if width >= DATED else "%H:%M:%S"
    return f"{time.strftime(form, time.localtime(seconds))}.{rest // 1_000_000:03} "


def fold(runs: Runs, width: int) -> list[Runs]:
    """Break runs into rows of at most `width` cells."""
    rows: list[Runs] = [[]]
    used = 0
    for text, style in runs:
        while text:
            size = fitting(text, width - used)
            if size:
                rows[-1].append((text[:size], style))
                used += cell_len(text[:size])
                text = text[size:]
            if text:
                rows.append([])
                used = 0
    return rows


def page_at(log: Log, place: Place, shape: Shape) -> Page:
    """Read the page whose topmost row is at `place`; near the end, the last page."""
    place = Place(max(log.first_line, place.line), max(0, place.skip))
    rows: list[PageRow] = []
    line = place.line
    wanted = shape.height + place.skip + 1
    while len(rows) < wanted:
        lines = log.lines(line, wanted - len(rows))
        if not lines:
            return page_at_end(log, shape)
        if lines[0].number > line:
            # What stood there has been dropped.
            place = Place(lines[0].number)
        for one in lines:
            made = rows_of(one, shape)
            rows.extend(made[min(place.skip, len(made) - 1) :] if one.number == place.line else made)
        line = lines[-1].number + 1
        wanted = shape.height + 1
    return Page(place, rows[: shape.height], False)


def page_at_end(log: Log, shape: Shape) -> Page:
    """Read the last page."""
    rows: list[PageRow] = []
    end = log.line_count
    while len(rows) < shape.height and end > log.first_line:
        start = max(log.first_line, end - max(1, shape.height - len(rows)))
        before = [row for one in log.lines(start, end - start) for row in rows_of(one, shape)]
        rows = before + rows
        end = start
    rows = rows[-shape.height :] if shape.height > 0 else []
    return Page(_place_of(log, rows, shape), rows, True)


def _place_of(log: Log, rows: Sequence[PageRow], shape: Shape) -> Place:
    if not rows:
        return Place()
    first = rows[0].number
    shown = sum(1 for row in rows if row.number == first)
    whole = sum(len(rows_of(one, shape)) for one in log.lines(first, 1)) if shape.wrap else 1
    return Place(first, max(0, whole - shown))


def moved(log: Log, place: Place, by: int, shape: Shape) -> Place:
    """Go `by` rows down (or up, when negative) from a place; the end is checked by the page."""
    if not shape.wrap:
        return Place(max(log.first_line, place.line + by))
    line, skip = place.line, place.skip + by
    while skip < 0 and line > log.first_line:
        line -= 1
        skip += sum(len(rows_of(one, shape)) for one in log.lines(line, 1))
    while skip > 0:
        made = sum(len(rows_of(one, shape)) for one in log.lines(line, 1))
        if not made or skip < made:
            break
        skip -= made
        line += 1
    return Place(line, max(0, skip))


_LEVEL = re.compile(
    r"\b(?:(FATAL|PANIC|CRITICAL|CRIT|ERROR|ERR|SEVERE)|(WARNING|WARN)|(INFO|NOTICE)|(DEBUG|TRACE))\b"
    r"|\b(?i:level|severity)\W{1,4}(?i:(fatal|panic|critical|error)|(warn\w*)|(info|notice)|(debug|trace))\b"
)
_LEVELS = ("bad", "warn", "good", "dim")
_LEVEL_WITHIN = 160
"""A line says how grave it is near its beginning, if at all."""


def level(text: str) -> tuple[int, int, str] | None:
    """Find the word that says how grave a line is: where it stands, and the role it plays."""
    match = _LEVEL.search(text, 0, _LEVEL_WITHIN)
    if match is None or match.lastindex is None:
        return None
    return (*match.span(match.lastindex), _LEVELS[(match.lastindex - 1) % len(_LEVELS)])


class Matcher:
    """What is searched for: words or a regular expression; capitals count if there are any."""

    def __init__(self, text: str) -> None:
        self.text = text
        exact = text != text.lower()
        flags = re.MULTILINE | (0 if exact else re.IGNORECASE)
        plain = re.escape(text) == text.replace(" ", "\\ ")
        try:
            self._shown = re.compile(text, flags)
            self._pattern = re.compile(text.encode(), flags)
        except re.error:
            plain = True
            self._shown = re.compile(re.escape(text), flags)
            self._pattern = re.compile(re.escape(text.encode()), flags)
        word = text.encode() if exact else text.encode().lower()
        self._ask: Callable[[bytes], object] = self._pattern.search
        if plain and text.isascii():
            self._ask = (lambda said: word in said) if exact else (lambda said: word in said.lower())

    def __call__(self, said: bytes) -> bool:
        """Tell whether some text, or one line of many, matches."""
        return bool(self._ask(visible(said)))

    def places(self, text: str) -> list[tuple[int, int]]:
        """List the (start, end) of every match in a row."""
        return [match.span() for match in self._shown.finditer(text) if match.end() > match.start()]
