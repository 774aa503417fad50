"""Several logs as one, merged by time: a place in it is a place in each of them, and nothing else is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.workbench.sieve import Opener, Sieve, Wanted, line_at
from app.workbench.yard import Log, LogLine

ANCHOR = 1 << 41
"""Number of the line that was the next to come when the logs were put together."""
NEAR = 4000
"""As many lines are walked over; farther places are found by their time."""
KEPT_CUTS = 64

Cut = tuple[int, ...]
"""How far into each of the logs."""


class Part(NamedTuple):
    """One of the logs."""

    name: str
    log: Log
    open: Opener
    """Opens it once more, for another thread."""


class MergedLine(NamedTuple):
    """One line, under its number among all."""

    number: int
    time_ns: int
    stream: str
    text: bytes
    source: str
    """Whose it is."""
    hue: int
    """Tells its source apart by colour."""


class Merged:
    """The lines of all parts in the order in which they came."""

    def __init__(self, parts: Sequence[Part], anchors: Cut | None = None) -> None:
        self.parts = tuple(parts)
        self._anchors = anchors or tuple(part.log.line_count for part in parts)
        self._cuts: dict[int, Cut] = {}

    @property
    def first_line(self) -> int:
        """Number of the first line that is still there."""
        return self._number(self._firsts)

    @property
    def line_count(self) -> int:
        """Number after the last line's."""
        return self._number(self._ends)

    def refresh(self) -> bool:
        """Take in what was written since; tell whether anything was."""
        return sum(part.log.refresh() for part in self.parts) > 0

    def lines(self, start: int, count: int) -> Sequence[LogLine]:
        """Return up to `count` lines from number `start` on."""
        start = max(start, self.first_line)
        place, found = list(self._cut(start)), list[LogLine]()
        heads = [self._line(part, number) for part, number in enumerate(place)]
        while len(found) < count:
            chosen = min(
                ((line.time_ns, part) for part, line in enumerate(heads) if line), default=(0, -1)
            )[1]
            line = heads[chosen] if chosen >= 0 else None
            if line is None:
                break
            told = MergedLine(start + len(found), line.time_ns, line.stream, line.text, *self._whose(chosen))
            found.append(told)
            place[chosen] = line.number + 1
            heads[chosen] = self._line(chosen, place[chosen])
        self._keep(start + len(found), tuple(place))
        return found

    def find(
        self,
        matches: Callable[[bytes], object],
        start: int,
        *,
        backward: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> int | None:
        """Return the number of the nearest line that matches."""
        cut = self._cut(max(self.first_line, min(start + backward, self.line_count)))
        best: tuple[int, int, int] | None = None
        for part, number in enumerate(cut):
            log = self.parts[part].log
            at = log.find(matches, number - backward, backward=backward, stop=stop)
            line = None if at is None else self._line(part, at)
            if stop():
                return None
            if line and (best is None or ((line.time_ns, part) > best[:2]) == backward):
                best = line.time_ns, part, line.number
        if best is None:
            return None
        time_ns, chosen, number = best
        place = [line_at(part.log, time_ns + (n < chosen)) for n, part in enumerate(self.parts)]
        place[chosen] = number
        found = self._number(tuple(place))
        self._keep(found, tuple(place))
        return found

    def fresh(self) -> Merged:
        """Return the same for another thread."""
        parts = [
            part._replace(log=part.log.fresh() if isinstance(part.log, Sieve) else part.open())
            for part in self.parts
        ]
        merged = Merged(parts, self._anchors)
        merged._cuts = dict(self._cuts)
        return merged

    def narrowed(self, wanted: Wanted) -> Merged:
        """Return the same logs with only some of their lines; they are closed with this one."""
        parts = [part._replace(log=Sieve(part.log, part.open, wanted)) for part in self.parts]
        return Merged(parts)

    def close(self) -> None:
        """Let go of the logs."""
        for part in self.parts:
            part.log.close()

    @property
    def _firsts(self) -> Cut:
        return tuple(part.log.first_line for part in self.parts)

    @property
    def _ends(self) -> Cut:
        return tuple(part.log.line_count for part in self.parts)

    def _whose(self, part: int) -> tuple[str, int]:
        return self.parts[part].name, part

    def _number(self, cut: Cut) -> int:
        return ANCHOR + sum(cut) - sum(self._anchors)

    def _line(self, part: int, number: int) -> LogLine | None:
        log = self.parts[part].log
        if not log.first_line <= number < log.line_count:
            return None
        lines = log.lines(number, 1)
        return lines[0] if lines else None

    def _keep(self, number: int, cut: Cut) -> None:
        self._cuts[number] = cut
        if len(self._cuts) > KEPT_CUTS:
            del self._cuts[next(iter(self._cuts))]

    def _cut(self, number: int) -> Cut:
        """Find the places in the logs before which so many lines stand."""
        first, ends = self._firsts, self._ends
        cuts = {self._number(first): first, self._number(ends): ends}
        for known, kept in self._cuts.items():
            place = tuple(map(max, kept, first))
            if self._number(place) == known:
                cuts[known] = place
        nearest = min(cuts, key=lambda known: abs(known - number))
        if abs(nearest - number) > NEAR:
            nearest, cut = self._far(number)
        else:
            cut = cuts[nearest]
        cut = self._walk(list(cut), number - nearest)
        self._keep(number, cut)
        return cut

    def _walk(self, place: list[int], by: int) -> Cut:
        """Go so many lines on from a cut, or back."""
        step = 1 if by > 0 else -1
        ahead = [self._line(part, number - (by < 0)) for part, number in enumerate(place)]
        for _ in range(abs(by)):
            keys = [(line.time_ns, part) for part, line in enumerate(ahead) if line]
            if not keys:
                break
            chosen = (min(keys) if by > 0 else max(keys))[1]
            place[chosen] += step
            ahead[chosen] = self._line(chosen, place[chosen] - (by < 0))
        return tuple(place)

    def _far(self, number: int) -> tuple[int, Cut]:
        """Find a cut at or before a number and near it, by halving the longest stretch in question."""
        low, high = list(self._firsts), list(self._ends)
        while sum(high) - sum(low) > NEAR:
            longest = max(range(len(low)), key=lambda part: high[part] - low[part])
            middle = (low[longest] + high[longest]) // 2
            line = self._line(longest, middle)
            if line is None:
                break
            place = [
                min(high[n], max(low[n], line_at(part.log, line.time_ns + (n < longest))))
                for n, part in enumerate(self.parts)
            ]
            place[longest] = middle
            if self._number(tuple(place)) <= number:
                if place == low:
                    break
                low = place
            else:
                high = place
        return self._number(tuple(low)), tuple(low)
