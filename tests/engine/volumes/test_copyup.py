from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.volumes import copyup


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return tmp_path / "source"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY)


@pytest.fixture
def both(source: Path, target: Path) -> Iterator[tuple[int, int]]:
    descriptors = opened(source), opened(target)
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def test_all_that_belongs_to_a_file_comes_along(source: Path, target: Path, both: tuple[int, int]) -> None:
    file = source / "sub" / "file"
    file.parent.mkdir()
    file.write_bytes(b"x" * 100_000)
    os.setxattr(file, "user.note", b"mine")
    file.chmod(0o6711)
    os.utime(file, ns=(1, 1_000_000_007))
    file.parent.chmod(0o500)
    os.utime(file.parent, ns=(1, 5))
    copyup.copy_up(*both)
    copy = target / "sub" / "file"
    assert copy.read_bytes() == file.read_bytes()
    assert os.getxattr(copy, "user.note") == b"mine"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o6711
    assert copy.stat().st_mtime_ns == 1_000_000_007
    assert (stat.S_IMODE(copy.parent.stat().st_mode), copy.parent.stat().st_mtime_ns) == (0o500, 5)


def test_holes_stay_holes_and_links_links(source: Path, target: Path, both: tuple[int, int]) -> None:
    with (source / "sparse").open("wb") as file:
        file.truncate(50 << 20)
    os.link(source / "sparse", source / "again")
    (source / "dangling").symlink_to("/nowhere/at/all")
    copyup.copy_up(*both)
    assert (target / "sparse").stat().st_blocks < 100
    assert (target / "sparse").stat().st_ino == (target / "again").stat().st_ino
    assert os.readlink(target / "dangling") == "/nowhere/at/all"


def test_a_name_that_is_no_text_and_a_deep_tree(source: Path, target: Path, both: tuple[int, int]) -> None:
    place = source
    for _ in range(600):
        place = place / "d"
    place.mkdir(parents=True)
    (place / os.fsdecode(b"\xff")).touch()
    copyup.copy_up(*both)
    assert os.listdir(os.fsencode(target / place.relative_to(source))) == [b"\xff"]


@pytest.mark.parametrize("path", ["/link", "/link/", "/../link", "/sub/up"])
def test_a_place_is_found_inside_of_the_root(source: Path, path: str) -> None:
    (source / "real").mkdir()
    (source / "real" / "inside").touch()
    (source / "sub").mkdir()
    (source / "link").symlink_to("/real")
    (source / "sub" / "up").symlink_to("../../../../real")
    root = opened(source)
    found = copyup.place(root, path)
    assert found is not None
    assert os.listdir(f"/proc/self/fd/{found}") == ["inside"]
    assert copyup.place(root, "/none") is None
    assert copyup.place(root, "/real/inside/x") is None
    os.close(found)
    os.close(root)
