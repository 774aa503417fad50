"""What mounts need to stand on is laid apart, and looks like the tree it is laid upon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtime.stubs import lay


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "etc").mkdir(parents=True)
    (tree / "etc" / "hosts").write_text("")
    (tree / "run" / "deep").mkdir(parents=True)
    os.chmod(tree / "run", 0o1777)
    os.utime(tree / "run", (1000, 1000))
    (tree / "var").mkdir()
    (tree / "var" / "run").symlink_to("/run")
    (tree / "dangling").symlink_to("../../../nowhere/at/all")
    (tree / "loop").symlink_to("loop")
    return tree


@pytest.fixture
def root(tree: Path) -> Iterator[int]:
    root = os.open(tree, os.O_RDONLY | os.O_DIRECTORY)
    yield root
    os.close(root)


def names(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))


def test_nothing_is_made_where_nothing_is_lacking(root: int, tmp_path: Path) -> None:
    place = tmp_path / "place"
    assert not lay(root, [("/etc/hosts", False), ("/run/deep", True), ("/var/run/deep", True)], str(place))
    assert not place.exists()


def test_files_and_directories_that_lack_are_made_with_those_above_them(root: int, tmp_path: Path) -> None:
    place = tmp_path / "place"
    assert lay(root, [("/proc", True), ("/etc/resolv.conf", False), ("/a/b/c", True)], str(place))
    assert names(place) == ["a", "a/b", "a/b/c", "etc", "etc/resolv.conf", "proc"]
    assert (place / "etc/resolv.conf").read_bytes() == b""
    assert (place / "a/b").stat().st_mode & 0o7777 == 0o755


def test_directories_on_the_way_are_as_they_are_in_the_tree(root: int, tmp_path: Path) -> None:
    place = tmp_path / "place"
    lay(root, [("/run/secrets/key", False)], str(place))
    found = (place / "run").stat()
    assert (found.st_mode & 0o7777, found.st_mtime) == (0o1777, 1000)


def test_links_are_followed_inside_the_tree(root: int, tmp_path: Path) -> None:
    place = tmp_path / "place"
    lay(root, [("/var/run/lock", True), ("/dangling/file", False), ("/../../up", True)], str(place))
    far = ["nowhere", "nowhere/at", "nowhere/at/all", "nowhere/at/all/file"]
    assert names(place) == [*far, "run", "run/lock", "up"]
    assert not any(path.is_symlink() for path in place.rglob("*"))


def test_what_cannot_be_reached_is_left_to_the_mount_to_complain_about(root: int, tmp_path: Path) -> None:
    place = tmp_path / "place"
    assert not lay(root, [("/etc/hosts/below", True), ("/loop/x", True)], str(place))
    assert not place.exists()
