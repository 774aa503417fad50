"""Going on in the next file: nothing is lost but what max-file drops, whatever happens in between."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.containers.logs import follower as following
from engine.containers.logs.follower import Follower
from engine.containers.logs.log import LogFile, read
from engine.shim import rotation
from engine.shim.frames import STDERR, STDOUT, index_path, rotated_path
from engine.shim.log import LogWriter
from engine.shim.rotation import Limits, decimal_size

SMALL = 300
LINES = [b"line %04d\n" % number for number in range(200)]
DROPPED = b"bytes of output were dropped before they were read"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "log")


def told(path: str) -> bytes:
    return b"".join(entry.data for entry in read(path))


def files(path: str) -> list[str]:
    folder = Path(path).parent
    return sorted(one.name for one in folder.iterdir() if not one.name.endswith(".index"))


@pytest.mark.parametrize(
    ("config", "limits"),
    [
        (None, (100_000_000, 10)),
        ({"Type": "json-file", "Config": {}}, (100_000_000, 10)),
        ({"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}, (10_000_000, 3)),
        ({"Type": "json-file", "Config": {"max-size": "10k"}}, (10_000, 1)),
        ({"Type": "json-file", "Config": {"max-size": "1"}}, (4096, 1)),
        ({"Type": "json-file", "Config": {"max-size": "-1"}}, (0, 1)),
        ({"Type": "json-file", "Config": {"max-file": "12"}}, (100_000_000, 12)),
        ({"Type": "local", "Config": {"max-size": "10m"}}, (10_000_000, 5)),
        ({"Type": "local", "Config": {}}, (20_000_000, 5)),
        ({"Type": "local", "Config": {"max-file": "2"}}, (20_000_000, 2)),
        ({"Type": "json-file", "Config": {"max-file": "2"}}, (100_000_000, 10)),
        ({"Type": "none", "Config": {}}, (512 << 10, 2)),
    ],
)
def test_how_much_is_kept(config: dict[str, object] | None, limits: tuple[int, int]) -> None:
    assert tuple(Limits.of(config)) == limits


@pytest.mark.parametrize("most", [1, 2, 4])
def test_what_somebody_has_yet_to_read_is_kept_until_he_has(path: str, most: int) -> None:
    reached = 0
    writer = LogWriter(path, Limits(4096, most), lambda end: min(reached, end))
    lines = [b"%04d " % number + b"x" * 500 + b"\n" for number in range(200)]
    follower = Follower(path)
    for line in lines[:100]:
        writer.write(1, line)
    assert told(path) == b"".join(lines[:100])
    assert len(files(path)) > most
    seen = b"".join(data for _, data in follower.read())
    reached = follower.offset
    for line in lines[100:]:
        writer.write(1, line)
        seen += b"".join(data for _, data in follower.read())
        reached = follower.offset
    assert seen == b"".join(lines)
    assert len(files(path)) <= most + 1
    follower.close()


@pytest.mark.parametrize(("text", "size"), [("10m", 10**7), ("1.5kib", 1500), ("1 GB", 10**9), ("7", 7)])
def test_sizes_are_powers_of_a_thousand(text: str, size: int) -> None:
    assert decimal_size(text) == size


def test_a_full_file_is_followed_by_the_next(path: str) -> None:
    log = LogWriter(path, Limits(SMALL, 3))
    for line in LINES:
        log.write(STDOUT, line)
    assert files(path) == ["log", "log.1", "log.2"]
    assert all(os.path.getsize(rotated_path(path, number)) <= SMALL for number in range(3))
    kept = told(path)
    assert kept
    assert b"".join(LINES).endswith(kept)


def test_one_file_begins_anew(path: str) -> None:
    log = LogWriter(path, Limits(SMALL, 1))
    for line in LINES:
        log.write(STDOUT, line)
    assert files(path) == ["log"]
    assert b"".join(LINES).endswith(told(path))


def test_line_numbers_count_what_was_dropped(path: str) -> None:
    log = LogWriter(path, Limits(SMALL, 3))
    for line in LINES:
        log.write(STDOUT, line)
    with LogFile(path) as file:
        assert file.line_count == len(LINES)
        assert file.first_line > 0
        assert [line.number for line in file.lines(0, 2)] == [file.first_line, file.first_line + 1]
        for number in range(file.first_line, len(LINES)):
            assert file.lines(number, 1)[0].text + b"\n" == LINES[number]
        assert file.find(lambda text: b"0199" in text, 0) == 199
        assert file.find(lambda text: b"0000" in text, 199, backward=True) is None


def test_tail_goes_over_the_ends_of_files(path: str) -> None:
    log = LogWriter(path, Limits(SMALL, 4))
    for line in LINES:
        log.write(STDOUT, line)
    assert [entry.data for entry in read(path, tail=20, lines=True)] == LINES[-20:]


def test_the_next_run_goes_on_in_the_newest_file(path: str) -> None:
    for half in (LINES[:100], LINES[100:]):
        log = LogWriter(path, Limits(SMALL, 50))
        for line in half:
            log.write(STDERR, line)
    assert told(path) == b"".join(LINES)
    with LogFile(path) as file:
        assert file.line_count == len(LINES)


def test_output_larger_than_a_file_is_cut(path: str) -> None:
    log = LogWriter(path, Limits(SMALL, 40))
    log.write(STDOUT, b"".join(LINES))
    assert told(path) == b"".join(LINES)


def test_whoever_is_behind_reads_what_was_dropped_meanwhile(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_MOST_BYTES", 45)
    log = LogWriter(path, Limits(SMALL, 2))
    log.write(STDOUT, LINES[0])
    follower = Follower(path)
    got = b""
    for number, line in enumerate(LINES[1:]):
        log.write(STDOUT, line)
        if number % 8 == 0:
            got += b"".join(data for _, data in follower.read())
    assert len(got) + len(told(path)) < len(b"".join(LINES))
    while output := follower.read():
        got += b"".join(data for _, data in output)
    assert got == b"".join(LINES)
    follower.close()


def test_whoever_is_too_far_behind_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "AHEAD_BYTES", SMALL)
    log = LogWriter(path, Limits(SMALL, 2))
    log.write(STDOUT, LINES[0])
    follower = Follower(path)
    for line in LINES[1:]:
        log.write(STDOUT, line)
    output = follower.read()
    notes = [data for stream, data in output if stream == STDERR]
    assert [DROPPED in note for note in notes] == [True]
    said = b"".join(data for stream, data in output if stream == STDOUT)
    assert said.startswith(LINES[0])
    assert said.endswith(LINES[-1])
    # What was read and what was dropped make the whole.
    count = int(notes[0].split()[1])
    assert count > 0
    follower.close()


def test_a_disk_without_room_for_the_next_file_keeps_this_one(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = LogWriter(path, Limits(SMALL, 3))

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rotation.os, "rename", full)
    for line in LINES[:50]:
        log.write(STDOUT, line)
    monkeypatch.undo()
    for line in LINES[50:60]:
        log.write(STDOUT, line)
    assert told(path) == b"".join(LINES[:60])


CALLS = ("open", "write", "rename", "link", "unlink")


def crash_after(path: str, steps: int, limits: Limits) -> bool:
    """Write in a child that is killed at its so-many-th step of a rotation; tell whether it was."""
    pid = os.fork()
    if not pid:
        left = steps
        real = {name: getattr(os, name) for name in CALLS}
        log = LogWriter(path, limits)

        def faulty(name: str) -> object:
            def call(*words: object, **more: object) -> object:
                nonlocal left
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real[name](*words, **more)

            return call

        for name in CALLS:
            setattr(os, name, faulty(name))
        for line in LINES[:60]:
            log.write(STDOUT, line)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_kill_amid_a_rotation_leaves_a_log_that_can_be_read(tmp_path: Path, count: int) -> None:
    limits = Limits(SMALL, count)
    for steps in range(200):
        path = str(tmp_path / str(steps) / "log")
        Path(path).parent.mkdir()
        killed = crash_after(path, steps, limits)
        kept = told(path)
        # With one file only, the next may be there and still be empty.
        assert kept or count == 1
        with LogFile(path) as file:
            first, end = file.first_line, file.line_count
            assert kept == b"".join(LINES[first:end]), steps
            assert [line.number for line in file.lines(0, 1000)] == list(range(first, end))
        log = LogWriter(path, limits)
        for line in LINES[end:]:
            log.write(STDOUT, line)
        assert b"".join(LINES).endswith(told(path)), steps
        assert told(path)
        assert len(files(path)) <= count + 1
        if not killed:
            break
    else:
        pytest.fail("it never came through")


Move = tuple[str, int]
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("stdout"), st.integers(0, 200)),
        st.tuples(st.just("stderr"), st.integers(0, 60)),
        st.tuples(st.just("follow"), st.just(0)),
        st.tuples(st.just("refresh"), st.just(0)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("unindex"), st.just(0)),
    ),
    max_size=60,
)


@given(MOVES, st.integers(150, 500), st.integers(1, 4))
@settings(deadline=None, max_examples=120)
def test_any_writing_rotating_and_reading_gives_all_bytes_in_order(
    tmp_path_factory: pytest.TempPathFactory, moves: list[Move], size: int, count: int
) -> None:
    path = str(tmp_path_factory.mktemp("any") / "log")
    limits = Limits(size, count)
    log = LogWriter(path, limits)
    follower, file, written = Follower(path), LogFile(path), {STDOUT: b"", STDERR: b""}
    got = {STDOUT: b"", STDERR: b""}
    lines = 0
    for move, amount in moves:
        if move in ("stdout", "stderr"):
            stream = STDOUT if move == "stdout" else STDERR
            data = b"".join(b"%03d\n" % n if n % 3 else b"%03d" % n for n in range(amount // 4))
            log.write(stream, data)
            written[stream] += data
            lines += data.count(b"\n")
        elif move == "restart":
            log = LogWriter(path, limits)
        elif move == "unindex":
            Path(index_path(path)).unlink(missing_ok=True)
        elif move == "refresh":
            file.refresh()
        # It reads after each write, as the bell has it do: never further behind than what is kept.
        for stream, data in follower.read():
            got[stream] += data
    dropped = DROPPED in got[STDERR]
    file.refresh()
    assert file._newlines == lines
    assert written[STDOUT].endswith(b"".join(e.data for e in read(path) if e.stream == "stdout"))
    if not dropped:
        assert got == written
    with LogFile(path) as fresh:
        shown = fresh.lines(0, 10_000)
        assert [line.number for line in shown] == list(range(fresh.first_line, fresh.line_count))
        held = file.lines(fresh.first_line, 10_000)
        assert [line.number for line in held] == [line.number for line in shown]
    file.close()
    follower.close()
