"""The log read back: lines from frames, either end, any cut."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.containers.logs import logfile, pieces
from engine.containers.logs.log import LogFile, read
from engine.shim.frames import FRAME, MARK, STDERR, STDOUT, index_path

SECOND = 1_000_000_000


class Writer:
    """Writes frames (and marks, every `every` bytes) as the shim does."""

    def __init__(self, path: Path, *, every: int = 0) -> None:
        self.path, self.every = path, every
        self.offset = self.newlines = self.frames = self.marked = 0
        self.time_ns = SECOND

    def write(self, data: bytes, stream: int = STDOUT, time_ns: int | None = None) -> None:
        self.time_ns = self.time_ns + 1 if time_ns is None else time_ns
        if self.every and self.offset - self.marked >= self.every:
            with open(index_path(str(self.path)), "ab") as index:
                index.write(MARK.pack(self.offset, self.time_ns, self.newlines, self.frames))
            self.marked = self.offset
        with self.path.open("ab") as log:
            log.write(FRAME.pack(self.time_ns, stream, len(data)) + data)
        self.offset += FRAME.size + len(data)
        self.newlines += data.count(b"\n")
        self.frames += 1


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path / "log")


def texts(path: Path, **choices: object) -> list[bytes]:
    return [entry.data for entry in read(str(path), **choices)]  # type: ignore[arg-type]


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert texts(tmp_path / "log") == []
    with LogFile(str(tmp_path / "log")) as log:
        assert (log.line_count, log.lines(0, 10), log.tail(3)) == (0, [], [])


def test_lines_are_cut_at_newlines_not_at_frames(writer: Writer) -> None:
    for data in (b"on", b"e\ntw", b"o\n\nthree"):
        writer.write(data)
    assert texts(writer.path, lines=True) == [b"one\n", b"two\n", b"\n", b"three"]
    with LogFile(str(writer.path)) as log:
        assert [line.text for line in log.lines(0, 99)] == [b"one", b"two", b"", b"three"]
        assert [line.finished for line in log.lines(0, 99)] == [True, True, True, False]
        assert log.line_count == 4


def test_streams_do_not_share_a_line(writer: Writer) -> None:
    writer.write(b"out ")
    writer.write(b"error\n", STDERR)
    writer.write(b"goes on\n")
    entries = [(entry.stream, entry.data) for entry in read(str(writer.path), lines=True)]
    assert entries == [("stderr", b"error\n"), ("stdout", b"out goes on\n")]


def test_raw_bytes_keep_the_order_they_came_in(writer: Writer) -> None:
    writer.write(b"a")
    writer.write(b"b")
    writer.write(b"c", STDERR)
    writer.write(b"d")
    entries = [(entry.stream, entry.data) for entry in read(str(writer.path))]
    assert entries == [("stdout", b"ab"), ("stderr", b"c"), ("stdout", b"d")]


@pytest.mark.parametrize(
    ("tail", "expected"), [(0, []), (1, [b"c"]), (2, [b"b\n", b"c"]), (9, [b"a\n", b"b\n", b"c"])]
)
def test_tail_counts_lines(writer: Writer, tail: int, expected: list[bytes]) -> None:
    writer.write(b"a\nb\nc")
    assert texts(writer.path, tail=tail, lines=True) == expected
    assert b"".join(texts(writer.path, tail=tail)) == b"".join(expected)


def test_since_and_until_choose_by_the_time_a_line_was_finished(writer: Writer) -> None:
    for second in range(1, 6):
        writer.write(b"%d\n" % second, time_ns=second * SECOND)
    assert texts(writer.path, since=2, until=4, lines=True) == [b"2\n", b"3\n", b"4\n"]
    assert b"".join(texts(writer.path, until=2)) == b"1\n2\n"
    assert b"".join(texts(writer.path, since=5)) == b"5\n"
    assert texts(writer.path, since=9) == []


def test_a_torn_frame_at_the_end_waits_for_its_rest(writer: Writer) -> None:
    writer.write(b"whole\n")
    whole = FRAME.pack(2 * SECOND, STDOUT, 6) + b"later\n"
    with writer.path.open("ab") as log:
        log.write(whole[:9])
    with LogFile(str(writer.path)) as reader:
        assert reader.line_count == 1
        with writer.path.open("ab") as log:
            log.write(whole[9:])
        assert reader.refresh()
        assert [line.text for line in reader.tail(2)] == [b"whole", b"later"]


def test_a_frame_larger_than_a_chunk(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "CHUNK_BYTES", 64)
    writer.write(b"x" * 200 + b"\n")
    writer.write(b"y\n")
    assert texts(writer.path, lines=True) == [b"x" * 200 + b"\n", b"y\n"]


def test_long_lines_are_cut_for_the_screen_only(writer: Writer) -> None:
    long = b"x" * (logfile.CUT_BYTES + 1)
    writer.write(long + b"\n")
    with LogFile(str(writer.path)) as log:
        assert len(log.lines(0, 1)[0].text) == logfile.CUT_BYTES
    assert texts(writer.path, tail=1) == [long + b"\n"]


def test_a_log_that_was_cleared_is_read_anew(writer: Writer) -> None:
    writer.write(b"old\nold\n")
    with LogFile(str(writer.path)) as log:
        writer.path.write_bytes(FRAME.pack(1, STDOUT, 4) + b"new\n")
        log.refresh()
        assert [line.text for line in log.lines(0, 9)] == [b"new"]


@pytest.mark.parametrize("every", [0, 256])
def test_a_line_is_found_by_its_time(tmp_path: Path, every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "INDEX_BYTES", 256)
    writer = Writer(tmp_path / "log", every=every)
    for number in range(100):
        writer.write(b"line %d\nand its half" % number, time_ns=(number + 1) * SECOND)
        writer.write(b"\n", STDERR if number % 5 == 0 else STDOUT, time_ns=(number + 1) * SECOND)
    with LogFile(str(writer.path)) as log:
        lines = log.lines(0, 1000)
        for second in (0, 1, 2, 37, 99, 100, 101):
            expected = next((line.number for line in lines if line.time_ns >= second * SECOND), len(lines))
            assert log.line_at(second * SECOND) == min(expected, log._newlines)


@pytest.mark.parametrize("every", [0, 256])
def test_growth_is_seen(tmp_path: Path, every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "INDEX_BYTES", 256)
    writer = Writer(tmp_path / "log", every=every)
    with LogFile(str(writer.path)) as log:
        assert not log.refresh()
        for number in range(200):
            writer.write(b"line %d\n" % number, STDERR if number % 7 == 0 else STDOUT)
            assert log.refresh()
            assert not log.refresh()
            assert log.line_count == number + 1
            assert log.tail(1)[0].text == b"line %d" % number


def test_a_broken_index_is_not_believed(writer: Writer) -> None:
    writer.write(b"one\ntwo\n")
    Path(index_path(str(writer.path))).write_bytes(MARK.pack(1 << 40, 1, 10**9, 10**9) + b"torn")
    with LogFile(str(writer.path)) as log:
        assert [line.text for line in log.lines(0, 9)] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("word", "start", "backward", "found"),
    [
        (b"7", 0, False, 7),
        (b"7", 8, False, 17),
        (b"7", 8, True, 7),
        (b"7", 7, True, 7),
        (b"none", 0, False, None),
        (b"open", 0, False, 50),
        (b"open", 50, True, 50),
        (b"open", 49, True, None),
        (b"1", 0, True, None),
        (b"0", 0, True, 0),
    ],
)
def test_find(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    word: bytes,
    start: int,
    backward: bool,
    found: int | None,
) -> None:
    monkeypatch.setattr(logfile, "INDEX_BYTES", 100)
    writer = Writer(tmp_path / "log")
    for number in range(50):
        writer.write(b"%d" % number)
        writer.write(b"\n")
    writer.write(b"open")
    with LogFile(str(writer.path)) as log:
        assert log.find(lambda text: word in text, start, backward=backward) == found


def test_find_sees_a_word_cut_by_frames_and_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "INDEX_BYTES", 16)
    writer = Writer(tmp_path / "log")
    for data in (b"start nee", b"dle end\n", b"next\n"):
        writer.write(data)
    with LogFile(str(writer.path)) as log:
        assert log.find(lambda text: b"needle" in text, 0) == 0
        assert log.find(lambda text: b"needle" in text, 1, backward=True) == 0


def test_find_stops_when_told(writer: Writer) -> None:
    writer.write(b"needle\n")
    with LogFile(str(writer.path)) as log:
        assert log.find(lambda text: True, 0, stop=lambda: True) is None


def test_follow_tells_what_comes_until_it_ends(writer: Writer) -> None:
    writer.write(b"before\nun")
    over = threading.Event()

    def work() -> None:
        time.sleep(0.05)
        writer.write(b"finished\n")
        writer.write(b"last")
        over.set()
        os.utime(writer.path)
        Path(writer.path.parent, "exit").touch()

    thread = threading.Thread(target=work)
    thread.start()
    found = texts(writer.path, follow=True, lines=True, ended=over.is_set)
    thread.join()
    assert found == [b"before\n", b"unfinished\n", b"last"]


def test_follow_hands_over_a_prompt_without_its_newline(writer: Writer) -> None:
    writer.write(b"ready> ")
    entries = read(str(writer.path), follow=True, tail=5, ended=lambda: False)
    assert next(entries).data == b"ready> "
    writer.write(b"yes\n")
    assert next(entries).data == b"yes\n"
    entries.close()  # type: ignore[attr-defined]


def test_follow_waits_for_a_log_that_is_not_there_yet(writer: Writer) -> None:
    thread = threading.Timer(0.05, writer.write, [b"first\n"])
    thread.start()
    entries = read(str(writer.path), follow=True, ended=lambda: False)
    assert next(entries).data == b"first\n"
    entries.close()  # type: ignore[attr-defined]
    thread.join()


def test_changes_tell_of_growth_until_stopped(writer: Writer) -> None:
    stop = os.eventfd(0)
    with LogFile(str(writer.path)) as log:
        changes = logfile.changes([str(writer.path)], stop)
        next(changes)
        writer.write(b"more\n")
        next(changes)
        assert log.refresh()
        os.eventfd_write(stop, 1)
        assert list(changes) == []
    os.close(stop)


def test_follow_ends_at_until(writer: Writer) -> None:
    writer.write(b"past\n")
    assert texts(writer.path, follow=True, until=time.time() + 0.05, ended=lambda: False) == [b"past\n"]


Streams = tuple[bytes, bytes, list[tuple[int, bytes]]]


@st.composite
def cut_streams(draw: st.DrawFn) -> Streams:
    """Draw two streams and one way of cutting them into interleaved frames."""
    alphabet = st.sampled_from([b"a", b"\n", b"bc\n", b"\n\n", b"x" * 40])
    stdout, stderr = (b"".join(draw(st.lists(alphabet, max_size=30))) for _ in range(2))
    frames: list[tuple[int, bytes]] = []
    rest = {STDOUT: stdout, STDERR: stderr}
    while any(rest.values()):
        stream = draw(st.sampled_from([stream for stream, data in rest.items() if data]))
        size = draw(st.integers(1, len(rest[stream])))
        frames.append((stream, rest[stream][:size]))
        rest[stream] = rest[stream][size:]
    return stdout, stderr, frames


@given(cut_streams(), st.integers(0, 12), st.sampled_from([1, 64, 65536]))
@settings(deadline=None, max_examples=150)
def test_any_cut_into_frames_gives_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, streams: Streams, tail: int, every: int
) -> None:
    stdout, stderr, frames = streams
    writer = Writer(tmp_path_factory.mktemp("cut") / "log")
    for stream, data in frames:
        writer.write(data, stream)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logfile, "INDEX_BYTES", every)
        # With parts this small, sixteen of them are less than a line.
        patch.setattr(logfile, "REACH", 10_000)
        patch.setattr(logfile, "FAR_REACH", 10_000)
        lines = list(read(str(writer.path), lines=True))
        for name, text in (("stdout", stdout), ("stderr", stderr)):
            assert [line.data for line in lines if line.stream == name] == text.splitlines(keepends=True)
            raw = b"".join(entry.data for entry in read(str(writer.path)) if entry.stream == name)
            assert raw == text
        assert list(read(str(writer.path), lines=True, tail=tail)) == (lines[-tail:] if tail else [])
        middle = lines[len(lines) // 2].time_ns if lines else 0
        since = list(read(str(writer.path), lines=True, since=middle / 1e9))
        assert since == [line for line in lines if line.time_ns >= int(middle / 1e9 * 1e9)]
        with LogFile(str(writer.path)) as log:
            assert log.line_count == len(lines)
            for start in range(len(lines)):
                assert log.lines(start, 1)[0].text == lines[start].data.rstrip(b"\n")
            whole = log.lines(0, len(lines))
            assert [line.text for line in whole] == [line.data.rstrip(b"\n") for line in lines]
