"""Looking at a build's journal: what happened, and the lines that were printed."""

from __future__ import annotations

import os
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from engine.build.events import Event, Failed, Finished, Output, StepFailed, Tagged, Warned
from engine.build.journal.ends import FIRST, LAST
from engine.build.journal.journal import CHUNK, Journal
from engine.build.journal.recording import LONGEST, Printed, Recording
from engine.build.request import Request
from engine.errors import NotFound
from engine.paths import Paths
from tests.engine.build.journal_cases import IMAGE, a_failure, a_success, planned

ID = "a" * 64


@pytest.fixture
def paths(root: str) -> Paths:
    return Paths(root, f"{root}/run")


def tell(paths: Paths, *events: Event, id: str = ID) -> Recording:
    with Journal.begin(paths, id, Request()) as told:
        for event in events:
            told.append(event)
    recording = Recording(paths, id)
    recording.take_in()
    return recording


def text(log: Printed) -> list[str]:
    return [line.text.decode("utf-8", "surrogateescape") for line in log.lines(0, log.line_count)]


def test_all_that_happened_but_the_output(paths: Paths) -> None:
    recording = tell(paths, *a_success(1000.0))
    assert recording.events == [event for event in a_success(1000.0) if not isinstance(event, Output)]


def test_the_lines_of_one_step(paths: Paths) -> None:
    recording = tell(paths, *a_success(1000.0))
    assert text(recording.output(2)) == ["Get:1 http://deb", "bytes: \udcff"]
    assert text(recording.output(1)) == []
    assert text(recording.output(9)) == []


def test_the_lines_of_a_whole_build_stand_under_their_steps(paths: Paths) -> None:
    recording = tell(paths, *a_success(1000.0)[:-1], Warned("odd"), Tagged("shop:1"), Finished(IMAGE, 1.0))
    assert text(recording.output()) == [
        "\x1b[1mStep 1/3 : FROM debian:bookworm\x1b[0m",
        "\x1b[1mStep 2/3 : RUN apt-get update\x1b[0m",
        "Get:1 http://deb",
        "bytes: \udcff",
        "\x1b[1mStep 3/3 : COPY . /srv\x1b[0m",
        "Warning: odd",
        "\x1b[1mTagged shop:1\x1b[0m",
    ]


def test_why_a_step_failed_stands_below_what_it_printed(paths: Paths) -> None:
    recording = tell(paths, *a_failure(1000.0))
    *_, last = recording.output(2).lines(0, 10)
    assert last.text.endswith(b"returned a non-zero code: 100")
    assert (last.stream, last.number) == ("stderr", 2)


def test_stderr_is_told_apart(paths: Paths) -> None:
    recording = tell(paths, Output(1, 1, "out 1\nout"), Output(1, 2, "err\n"), Output(1, 1, " 2\n"))
    lines = recording.output(1).lines(0, 9)
    assert [(line.stream, line.text) for line in lines] == [
        ("stdout", b"out 1"),
        ("stdout", b"out 2"),
        ("stderr", b"err"),
    ]


def test_lines_carry_their_time(paths: Paths) -> None:
    before = time.time() - 1
    recording = tell(paths, Output(1, 1, "now\n"))
    assert before < recording.output(1).lines(0, 1)[0].time_ns / 1e9 < time.time() + 1


def test_a_line_grows_until_its_newline_comes(paths: Paths) -> None:
    with Journal.begin(paths, ID, Request()) as told:
        recording = Recording(paths, ID)
        log = recording.output(1)
        assert (recording.take_in(), log.refresh(), text(log)) == (False, False, [])
        for data, shown in [
            ("wai", ["wai"]),
            ("ting", ["waiting"]),
            ("\n", ["waiting"]),
            ("x", ["waiting", "x"]),
        ]:
            told.append(Output(1, 1, data))
            assert recording.take_in()
            assert log.refresh()
            assert text(log) == shown
        assert not log.refresh()


def test_nothing_is_shown_before_it_is_asked_for(paths: Paths) -> None:
    with Journal.begin(paths, ID, Request()) as told:
        recording = Recording(paths, ID)
        log = recording.output()
        told.append(Output(1, 1, "a\n"))
        recording.take_in()
        assert log.line_count == 0
        log.refresh()
        assert log.line_count == 1


def test_a_very_long_line_is_cut(paths: Paths) -> None:
    recording = tell(
        paths, *[Output(1, 1, "x" * 9000)] * 100, Output(1, 1, "\nnext\n"), Output(2, 1, "y" * 3 * CHUNK)
    )
    first, second = recording.output(1).lines(0, 5)
    assert (len(first.text), second.text) == (LONGEST, b"next")
    assert len(recording.output(2).lines(0, 1)[0].text) == LONGEST


def test_searching(paths: Paths) -> None:
    log = tell(paths, *[Output(1, 1, f"line {n}\n") for n in range(100)]).output(1)
    assert log.find(lambda said: b"7" in said, 10) == 17
    assert log.find(lambda said: b"7" in said, 10, backward=True) == 7
    assert log.find(lambda said: b"none" in said, 0) is None
    assert log.find(lambda said: True, 0, stop=lambda: True) is None


def test_changes_come_as_they_are_written(paths: Paths) -> None:
    stop = os.eventfd(0)
    with Journal.begin(paths, ID, Request()) as told:
        told.append(planned(1.0))
        recording = Recording(paths, ID)
        changes = recording.changes(stop)
        next(changes)
        assert recording.total == 3
        threading.Timer(0.1, told.append, [Output(1, 1, "late\n")]).start()
        next(changes)
        assert recording.line_count == 1
        os.eventfd_write(stop, 1)
        assert next(changes, "over") == "over"
    os.close(stop)
    recording.close()


def test_no_such_build(paths: Paths) -> None:
    with pytest.raises(NotFound):
        Recording(paths, ID)


def test_cancelled(paths: Paths) -> None:
    recording = tell(paths, planned(1.0), StepFailed(1, "no", 1, 2.0), Failed("cancelled", 0, 130, 2.0, True))
    assert text(recording.output())[-2:] == ["no", "Cancelled."]


pieces = some.lists(
    some.tuples(some.integers(1, 3), some.integers(1, 2), some.text("ab\n\r é\udcff", max_size=8)),
    max_size=30,
)


@given(pieces)
@settings(deadline=None)
def test_whatever_the_pieces_the_lines_are_whole(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, int, str]]
) -> None:
    paths = Paths(str(tmp_path_factory.mktemp("yard")), "")
    recording = tell(paths, *(Output(*piece) for piece in pieces))
    for step in (1, 2, 3):
        shown = recording.output(step).lines(0, 1000)
        for stream, name in ((1, "stdout"), (2, "stderr")):
            whole = "".join(data for s, of, data in pieces if (s, of) == (step, stream))
            wanted = whole.split("\n")
            if not wanted[-1]:
                wanted.pop()
            got = [line.text.decode("utf-8", "surrogateescape") for line in shown if line.stream == name]
            assert got == wanted
    recording.close()


LINES = 60_000
"""Of 100 bytes each: 6 MB."""


def a_flood(number: int = LINES, stream: int = 1) -> list[Event]:
    """Print in pieces that end anywhere."""
    whole = "".join(f"{line:099}\n" for line in range(number))
    return [Output(2, stream, whole[place : place + 4095]) for place in range(0, len(whole), 4095)]


def test_of_a_very_long_output_the_beginning_and_the_end_are_kept(paths: Paths) -> None:
    error = Output(2, 2, "error: the one that matters\n")
    events = [*a_success(1000.0)[:6], *a_flood(), error, *a_success(1000.0)[8:]]
    recording = tell(paths, *events)
    lines = text(recording.output(2))
    beginning, end = (next(place for place, line in enumerate(lines) if word in line)
                      for word in ("its end is shown when the step ends", "MB left out"))  # fmt: skip

    assert os.path.getsize(recording.path) < 2.5 * FIRST
    assert end == beginning + 1
    assert [int(line) for line in lines[: beginning - 1]] == list(range(beginning - 1))
    assert beginning * 100 == pytest.approx(FIRST, rel=0.05)
    assert [int(line) for line in lines[end + 2 : -1]] == list(range(LINES - len(lines[end + 2 : -1]), LINES))
    assert (len(lines) - end) * 100 == pytest.approx(LAST, rel=0.05)
    assert lines[-1] == "error: the one that matters"
    left_out = LINES * 100 - sum(len(line) + 1 for line in (*lines[:beginning], *lines[end + 1 : -1]))
    assert f"{left_out / 1e6:.1f} MB" in lines[end]
    assert [event for event in recording.events if isinstance(event, Finished)]


def test_an_output_that_is_but_a_little_too_long_is_kept_whole(paths: Paths) -> None:
    lines = text(tell(paths, *a_flood(15_000), *a_success(1000.0)[8:9]).output(2))

    assert not [line for line in lines if "left out" in line]
    assert len([line for line in lines if "its end is shown" in line]) == 1
    assert "".join(line for line in lines if "shown" not in line) == "".join(
        f"{n:099}" for n in range(15_000)
    )


def test_the_end_is_there_however_the_build_ends(paths: Paths) -> None:
    for number, ending in enumerate(([], a_failure(1.0)[-2:], a_failure(1.0)[-1:])):
        recording = tell(paths, *a_flood(), *ending, id=f"{number:064}")
        assert text(recording.output(2))[-1 if not ending[1:] else -2] == f"{LINES - 1:099}"


def test_each_step_may_print_as_much(paths: Paths) -> None:
    recording = tell(paths, *a_flood(9_000), *(piece._replace(step=3) for piece in a_flood(9_000)))  # type: ignore[call-arg]
    assert len(text(recording.output(2))) == len(text(recording.output(3))) == 9_000
