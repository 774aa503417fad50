"""Lines that were run, kept for all workbenches."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.workbench.command.history import KEPT, History, is_secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history"


def test_workbenches_share_lines_and_keep_each_once(path: Path) -> None:
    one, other = History(path), History(path)
    one.add("ps -a")
    other.add("images")
    one.add("ps -a")
    other.read()
    assert one.lines == other.lines == ["images", "ps -a"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_are_found_by_how_they_begin(path: Path) -> None:
    history = History(path)
    for line in ("run a", "ps", "run b"):
        history.add(line)
    newest = history.newest("run")
    assert newest == 2
    assert history.newest("run", newest) == 0
    assert history.next("run", 0) == 2
    assert history.newest("nothing") is None


@pytest.mark.parametrize(
    "line",
    [
        "login -p hunter2 registry.example",
        "docker login -u me -phunter2",
        "login --password=hunter2",
        "login --password hunter2 'open",
    ],
)
def test_passwords_are_never_kept(path: Path, line: str) -> None:
    History(path).add(line)
    assert is_secret(line)
    assert not path.exists()


def test_what_only_looks_like_it_is_kept() -> None:
    assert not is_secret("login -u me registry.example")
    assert not is_secret("run -p 80:80 login")


def test_only_so_many_are_kept(path: Path) -> None:
    history = History(path)
    path.parent.mkdir()
    path.write_text("".join(f"ps {n}\n" for n in range(KEPT + 50)))
    history.add("images")
    assert len(path.read_text().splitlines()) == KEPT
    assert history.lines[-1] == "images"


def test_a_file_that_cannot_be_written_only_forgets(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    history = History(tmp_path / "file" / "history")
    history.add("ps")
    history.read()
    assert history.lines == ["ps"]
