"""Seeing only some lines of a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from app.workbench import sieve as sieving
from app.workbench.sieve import Sieve, Sifter, Wanted, line_at
from app.workbench.window import window
from engine.errors import InvalidInput
from tests.app.workbench.fakeyard import HOUR, NOW, FakeLog

Lines = list[tuple[str, bytes]]


def some(count: int) -> Lines:
    return [("stdout", b"odd %d" % n if n % 2 else b"even %d" % n) for n in range(count)]


def sifted(lines: Lines, wanted: Wanted, *, dropped: int = 0) -> Sieve:
    """Look through all of a log."""

    def open() -> FakeLog:
        log = FakeLog(lines)
        log.dropped = dropped
        return log

    sieve = Sieve(open(), open, wanted)
    while sieve.work(lambda: False):
        pass
    sieve.refresh()
    return sieve


def texts(sieve: Sieve) -> list[bytes]:
    lines = sieve.lines(sieve.first_line, 10_000)
    assert [line.number for line in lines] == list(range(sieve.first_line, sieve.line_count))
    return [line.text for line in lines]


@pytest.mark.parametrize("block", [1, 3, 2000])
@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("odd", lambda n: n % 2 == 1),
        ("!odd", lambda n: n % 2 == 0),
        (" 7$", lambda n: n == 7),
        ("nothing", lambda n: False),
        ("!nothing", lambda n: True),
    ],
)
def test_only_lines_that_match_or_do_not(
    monkeypatch: pytest.MonkeyPatch, words: str, kept: Callable[[int], bool], block: int
) -> None:
    monkeypatch.setattr(sieving, "BLOCK", block)
    lines = some(40)
    assert texts(sifted(lines, Wanted(words))) == [text for n, (_, text) in enumerate(lines) if kept(n)]


def test_what_is_written_later_comes_behind() -> None:
    lines = some(10)
    sieve = sifted(lines, Wanted("odd"))
    shown = sieve.lines(sieve.first_line, 99)
    lines += some(14)[10:]
    sieve.refresh()
    while sieve.work(lambda: False):
        pass
    assert sieve.refresh()
    assert texts(sieve)[-2:] == [b"odd 11", b"odd 13"]
    assert sieve.lines(sieve.first_line, len(shown)) == shown


def test_a_stretch_of_time_has_both_ends() -> None:
    begin = int((NOW - HOUR) * 1e9)
    wanted = Wanted("", begin + 5 * 10**9, begin + 8 * 10**9)
    assert texts(sifted(some(40), wanted)) == [b"odd 5", b"even 6", b"odd 7"]
    assert texts(sifted(some(40), wanted._replace(words="even"))) == [b"even 6"]


def test_what_was_dropped_is_not_looked_at() -> None:
    assert texts(sifted(some(10), Wanted("odd"), dropped=6)) == [b"odd 7", b"odd 9"]


@pytest.mark.parametrize(("dropped", "left"), [(0, 20), (5, 18), (39, 1), (40, 0)])
def test_what_is_dropped_later_is_shown_no_more(dropped: int, left: int) -> None:
    sieve = sifted(some(40), Wanted("odd"))
    before = texts(sieve)
    sieve._log.dropped = dropped  # type: ignore[attr-defined]
    assert texts(sieve) == before[20 - left :]


def test_a_search_stays_among_them() -> None:
    sieve = sifted(some(40), Wanted("odd"))
    first = sieve.first_line
    assert sieve.find(lambda text: b"7" in text, first) == first + 3
    assert sieve.find(lambda text: b"7" in text, first + 4) == first + 8
    assert sieve.find(lambda text: b"7" in text, first + 7, backward=True) == first + 3
    assert sieve.find(lambda text: b"even" in text, first) is None


def test_another_thread_reads_for_itself() -> None:
    sieve = sifted(some(40), Wanted("odd"))
    fresh = sieve.fresh()
    assert texts(fresh) == texts(sieve)
    fresh.close()
    assert not sieve._log.closed  # type: ignore[attr-defined]


def test_the_thread_tells_and_ends() -> None:
    lines, told = some(5000), threading.Event()
    sieve = Sieve(FakeLog(lines), lambda: FakeLog(lines), Wanted("odd"))
    sifter = Sifter([sieve], told.set)
    assert told.wait(5)
    end = time.monotonic() + 5
    while sieve.line_count - sieve.first_line < 2500:
        assert time.monotonic() < end
    sifter.close()
    while any(thread.name == "sifter" for thread in threading.enumerate()):
        assert time.monotonic() < end + 5
        time.sleep(0.01)


def test_a_line_is_found_by_its_time() -> None:
    log = FakeLog(some(40))
    for number in (0, 1, 20, 39):
        assert line_at(log, log.lines(number, 1)[0].time_ns) == number
    assert line_at(log, int(NOW * 1e9)) == 40


CLOCK = 1_700_000_000.0  # 22:13:20 in UTC


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("", None, None),
        ("10m", CLOCK - 600, None),
        ("10m..5m", CLOCK - 600, CLOCK - 300),
        ("..1h", None, CLOCK - 3600),
        ("22:00..22:10:30", CLOCK - 800, CLOCK - 170),
        ("23:00", CLOCK - 86400 + 2800, None),
        ("2023-11-14T22:13:00Z..", CLOCK - 20, None),
    ],
)
def test_a_stretch_of_time_as_it_is_written(text: str, since: float | None, until: float | None) -> None:
    expected = tuple(None if moment is None else int(moment * 1e9) for moment in (since, until))
    assert window(text, CLOCK) == expected


@pytest.mark.parametrize("text", ["soon", "5m..10m", "25:00", "1:2:3:4"])
def test_no_stretch_of_time(text: str) -> None:
    with pytest.raises(InvalidInput):
        window(text, CLOCK)
