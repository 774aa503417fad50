"""Opening inside a root: by the kernel, and by walking where the kernel cannot."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.kernel import files


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("outside")
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "f").write_text("inside")
    (root / "outside").mkdir()
    return root


@pytest.fixture
def root(place: Path) -> Iterator[int]:
    descriptor = os.open(place, files.DIRECTORY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture(params=["openat2", "walk"])
def opened(request, root, monkeypatch) -> Callable[[bytes], str]:
    """Open a directory inside the root and tell where it is."""
    if request.param == "walk":

        def missing(*_: object, **__: object) -> int:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

        monkeypatch.setattr(files, "openat2", missing)

    def run(path: bytes) -> str:
        here = files.open_directory(root, path)
        try:
            return os.readlink(f"/proc/self/fd/{here}")
        finally:
            os.close(here)

    return run


@pytest.mark.parametrize(
    "path", [b"a/b", b"/a/b", b"./a//b/", b"a/../a/b", b"../../a/b", b"a/b/../../../../../a/b"]
)
def test_paths_end_inside(opened, place, path):
    assert opened(path) == f"{place}/a/b"


@pytest.mark.parametrize("path", [b"", b".", b"..", b"/", b"../.."])
def test_root_is_its_own_parent(opened, place, path):
    assert opened(path) == str(place)


@pytest.mark.parametrize("target", ["a/b", "/a/b", "../../../a/b", "hop", "/proc/../a/b"])
def test_links_are_followed_inside(opened, place, target):
    (place / "proc").mkdir()
    os.symlink("a/b", place / "hop")
    os.symlink(target, place / "l")
    assert opened(b"l") == f"{place}/a/b"


def test_link_to_the_host_leads_nowhere(opened, place):
    os.symlink(place.parent / "outside", place / "l")
    with pytest.raises(FileNotFoundError):
        opened(b"l")


def test_link_after_a_deep_parent(opened, place):
    os.symlink("../../outside", place / "a" / "b" / "l")
    assert opened(b"a/b/l") == f"{place}/outside"


def test_links_going_round_are_refused(opened, place):
    os.symlink("m", place / "l")
    os.symlink("l", place / "m")
    with pytest.raises(OSError, match="symbolic links") as raised:
        opened(b"l/x")
    assert raised.value.errno == errno.ELOOP


def test_file_is_no_directory(opened):
    with pytest.raises(NotADirectoryError):
        opened(b"a/b/f")


def test_missing_is_missing(opened):
    with pytest.raises(FileNotFoundError):
        opened(b"a/none/x")


@pytest.mark.parametrize("path", [b"n/o/p", b"a/n/o", b"../n", b"l/n"])
def test_missing_directories_are_made_inside(root, place, path):
    os.symlink("/not/yet", place / "l")
    os.close(files.open_directory(root, path, lambda parent, name: os.mkdir(name, dir_fd=parent)))
    os.close(files.open_in_root(root, path, files.DIRECTORY))
    assert sorted(os.listdir(place.parent)) == ["outside", "root"]


def test_magic_links_are_refused(root, place):
    host = os.open("/", files.DIRECTORY)
    try:
        with pytest.raises(OSError, match="symbolic links"):
            files.openat2(
                host, b"proc/self/cwd/x", files.DIRECTORY, resolve=files.IN_ROOT | files.NO_MAGICLINKS
            )
    finally:
        os.close(host)


def test_leaving_is_told_when_only_beneath_is_allowed(root):
    with pytest.raises(OSError, match="cross-device") as raised:
        files.openat2(root, b"a/../../x", files.DIRECTORY, resolve=files.BENEATH)
    assert raised.value.errno == errno.EXDEV


def test_files_are_made_inside(root, place):
    here = files.open_in_root(root, b"/a/../new", os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode=0o600)
    os.close(here)
    assert (place / "new").exists()


def test_removal_is_thorough_and_follows_nothing(root, place):
    os.symlink(place.parent / "outside", place / "a" / "l")
    (place / "a" / "c" / "d").mkdir(parents=True)
    files.remove(root, b"a")
    assert not (place / "a").exists()
    assert (place.parent / "outside" / "secret").exists()


def test_removal_of_what_is_deeper_than_a_path(root, place):
    here = os.open(place, files.DIRECTORY)
    for _ in range(2500):
        os.mkdir(b"deep", dir_fd=here)
        below = os.open(b"deep", files.DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    files.remove(root, b"deep")
    assert not (place / "deep").exists()


def test_removal_of_nothing_is_told(root):
    with pytest.raises(FileNotFoundError):
        files.remove(root, b"none")


def test_attributes_of_an_open_file(place):
    os.setxattr(place / "a", "user.x", b"1")
    here = os.open(place / "a", files.DIRECTORY)
    try:
        assert files.xattrs(here)["user.x"] == b"1"
    finally:
        os.close(here)
