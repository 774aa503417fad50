"""Writing the log: nothing is lost that was written, and nothing stops the container."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.shim.frames import FRAME, INDEX_BYTES, MARK, STDERR, STDOUT, index_path
from engine.shim.log import LogWriter

Frame = tuple[int, bytes]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "log")


def frames(path: str) -> list[Frame]:
    """Read every frame, strictly."""
    found, data = [], Path(path).read_bytes()
    while data:
        _, stream, length = FRAME.unpack_from(data)
        assert len(data) >= FRAME.size + length
        found.append((stream, data[FRAME.size : FRAME.size + length]))
        data = data[FRAME.size + length :]
    return found


def marks(path: str) -> list[tuple[int, ...]]:
    return list(MARK.iter_unpack(Path(index_path(path)).read_bytes()))


def test_each_read_is_a_frame(path: str) -> None:
    log = LogWriter(path)
    log.write(STDOUT, b"one\n")
    log.write(STDERR, b"\0\xff no newline")
    assert frames(path) == [(STDOUT, b"one\n"), (STDERR, b"\0\xff no newline")]


def test_only_its_owner_may_read_it(path: str) -> None:
    LogWriter(path)
    assert {os.stat(name).st_mode & 0o777 for name in (path, index_path(path))} == {0o600}


def test_marks_stand_where_frames_begin(path: str) -> None:
    log = LogWriter(path)
    for number in range(40):
        log.write(STDOUT, b"%d\n" % number * 4000)
    data, seen = Path(path).read_bytes(), marks(path)
    assert len(seen) >= len(data) // (2 * INDEX_BYTES)
    for offset, time, newlines, count in seen:
        assert FRAME.unpack_from(data, offset)[0] == time
        before = frames_before(data, offset)
        assert (sum(text.count(b"\n") for text in before), len(before)) == (newlines, count)


def frames_before(data: bytes, end: int) -> list[bytes]:
    found, at = [], 0
    while at < end:
        length = FRAME.unpack_from(data, at)[2]
        found.append(data[at + FRAME.size : at + FRAME.size + length])
        at += FRAME.size + length
    assert at == end
    return found


@pytest.mark.parametrize("torn", [1, FRAME.size - 1, FRAME.size, FRAME.size + 3])
def test_a_frame_that_a_crash_cut_short_is_cut_off(path: str, torn: int) -> None:
    LogWriter(path).write(STDOUT, b"whole\n")
    with open(path, "ab") as file:
        file.write((FRAME.pack(1, STDOUT, 100) + b"abc")[:torn])
    LogWriter(path).write(STDOUT, b"next\n")
    assert frames(path) == [(STDOUT, b"whole\n"), (STDOUT, b"next\n")]


@pytest.mark.parametrize("damage", ["none", "missing", "torn", "ahead"])
def test_the_next_run_goes_on_counting_where_the_last_stopped(path: str, damage: str) -> None:
    log = LogWriter(path)
    for _ in range(10):
        log.write(STDOUT, b"line\n" * 5000)
    index = Path(index_path(path))
    if damage == "missing":
        index.unlink()
    elif damage == "torn":
        index.write_bytes(index.read_bytes()[:-5])
    elif damage == "ahead":  # the log itself lost its end
        index.write_bytes(index.read_bytes() + MARK.pack(1 << 40, 1, 1, 1))
    log = LogWriter(path)
    for _ in range(10):
        log.write(STDOUT, b"line\n" * 5000)
    data = Path(path).read_bytes()
    assert b"".join(text for _, text in frames(path)) == b"line\n" * 100_000
    for offset, _, newlines, count in marks(path):
        before = frames_before(data, offset)
        assert (sum(text.count(b"\n") for text in before), len(before)) == (newlines, count)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.root
def test_a_full_disk_loses_output_says_so_and_stops_nobody(small_disk: Path) -> None:
    path = str(small_disk / "log")
    filler = small_disk / "filler"
    filler.write_bytes(b"\0" * (128 << 10))
    log = LogWriter(path)
    for _ in range(100):
        log.write(STDOUT, b"x" * 8000)
    filler.unlink()
    log.write(STDERR, b"room again\n")
    log.write(STDOUT, b"and on\n")
    found = frames(path)
    kept = sum(len(text) for stream, text in found if stream == STDOUT and text.startswith(b"x"))
    assert found[-3:] == [
        (STDERR, b"[stackyard: %d bytes of output were lost: the disk was full]\n" % (800_000 - kept)),
        (STDERR, b"room again\n"),
        (STDOUT, b"and on\n"),
    ]
    data = Path(path).read_bytes()
    for offset, _, _, count in marks(path):
        assert len(frames_before(data, offset)) == count


def test_half_a_mark_puts_no_later_one_out_of_place(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log, real = LogWriter(path), os.write
    cuts = iter([10, 31])

    def short(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[: next(cuts, None)])

    monkeypatch.setattr(os, "write", short)
    for _ in range(6):
        log.write(STDOUT, b"y" * INDEX_BYTES)
    data = Path(path).read_bytes()
    assert len(marks(path)) >= 2
    for offset, _, _, count in marks(path):
        assert len(frames_before(data, offset)) == count
