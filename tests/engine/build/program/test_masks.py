"""What a context ignores is hidden by whiteouts, each in a copy of its directory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.build.context.context import tree
from engine.build.context.tree import Tree
from engine.build.program.masks import mask
from engine.snapshots.union import is_whiteout


@pytest.fixture
def context(tmp_path: Path) -> Path:
    context = tmp_path / "context"
    for name in ("keep/a", "keep/b.log", "drop/c", "drop/kept", "plain"):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text("")
    os.chmod(context / "keep", 0o700)
    os.utime(context / "keep", (1000, 1000))
    return context


@pytest.fixture
def inputs(context: Path) -> Iterator[Callable[[bytes], Tree]]:
    opened: list[Tree] = []

    def read(ignored: bytes) -> Tree:
        root = os.open(context, os.O_RDONLY | os.O_DIRECTORY)
        opened.append(tree(root, str(context), ignored, None))
        return opened[-1]

    yield read
    for one in opened:
        one.close()


def test_nothing_is_made_where_nothing_is_ignored(
    context: Path, inputs: Callable[[bytes], Tree], tmp_path: Path
) -> None:
    assert not mask(inputs(b"*.zip\n"), str(context), str(tmp_path / "mask"))
    assert not (tmp_path / "mask").exists()


def test_what_is_ignored_is_a_whiteout_and_what_is_kept_below_it_is_not(
    context: Path, inputs: Callable[[bytes], Tree], tmp_path: Path
) -> None:
    place = tmp_path / "mask"
    assert mask(inputs(b"**/*.log\ndrop\n!drop/kept\n"), str(context), str(place))
    found = {str(path.relative_to(place)): path.lstat() for path in place.rglob("*")}
    whiteouts = {name for name, status in found.items() if is_whiteout(status)}
    assert whiteouts == {"keep/b.log", "drop/c"}
    assert found.keys() - whiteouts == {"keep", "drop"}
    assert (found["keep"].st_mode & 0o7777, found["keep"].st_mtime) == (0o700, 1000)


def test_a_whole_directory_is_hidden_by_one_whiteout(
    context: Path, inputs: Callable[[bytes], Tree], tmp_path: Path
) -> None:
    assert mask(inputs(b"drop\n"), str(context), str(tmp_path / "mask"))
    assert os.listdir(tmp_path / "mask") == ["drop"]
