"""What a shim leaves on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.shim.record import Ended, Started, read_ended, read_started, write


def test_what_is_written_is_read(tmp_path: Path) -> None:
    begun, over = Started(2, 10, 99, 9, 1.5), Ended(2, 137, 2.5, "it broke: \udcff", oom_killed=True)
    write(f"{tmp_path}/state", begun)
    write(f"{tmp_path}/exit", over, sync=True)
    assert read_started(f"{tmp_path}/state") == begun
    assert read_ended(f"{tmp_path}/exit") == over
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exit", "state"]


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert read_started(f"{tmp_path}/state") is None
    assert read_ended(f"{tmp_path}/folder/exit") is None


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{tmp_path}/exit"
    write(path, Ended(1, 0, 1.0))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(path, Ended(2, 1, 2.0), sync=True)
    assert read_ended(path) == Ended(1, 0, 1.0)
