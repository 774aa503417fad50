from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.layers.changes import Change, changes
from engine.snapshots.extraction import extract

pytestmark = pytest.mark.root


@pytest.fixture
def lower(tmp_path: Path) -> Path:
    (tmp_path / "lower/etc").mkdir(parents=True)
    (tmp_path / "lower/etc/old").write_text("old")
    (tmp_path / "lower/etc/kept").write_text("kept")
    return tmp_path / "lower"


@pytest.fixture
def upper(tmp_path: Path) -> Path:
    (tmp_path / "upper").mkdir()
    return tmp_path / "upper"


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    (tmp_path / "layer").mkdir()
    return tmp_path / "layer"


def described(path: Path) -> tuple[int, int, int, int]:
    status = path.lstat()
    return status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns


def test_nodes_of_every_kind_come_with_all_that_belongs_to_them(upper: Path, layer: Path) -> None:
    folder = upper / "folder"
    folder.mkdir()
    (folder / "file").write_bytes(b"x" * 100_000)
    os.chown(folder / "file", 12, 34)
    (folder / "file").chmod(0o4751)
    os.setxattr(folder / "file", "security.capability", b"\x01\x00\x00\x02\x00\x04\x00\x00" + bytes(12))
    (folder / "link").symlink_to("/nowhere")
    os.mkfifo(folder / "fifo", 0o640)
    os.mknod(folder / "null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    (folder / "again").hardlink_to(folder / "file")
    for path in (*folder.iterdir(), folder):
        os.utime(path, ns=(1, 1_000_000_001), follow_symlinks=False)
    folder.chmod(0o500)
    extract(str(upper), changes(str(upper), ()), str(layer))

    assert {path.name for path in (layer / "folder").iterdir()} == {"file", "link", "fifo", "null", "again"}
    for path in ("folder", "folder/file", "folder/link", "folder/fifo", "folder/null"):
        assert described(layer / path) == described(upper / path), path
    assert (layer / "folder/file").read_bytes() == b"x" * 100_000
    assert os.getxattr(layer / "folder/file", "security.capability")
    assert (layer / "folder/again").samefile(layer / "folder/file")
    assert not (layer / "folder/file").samefile(upper / "folder/file")
    assert (layer / "folder/null").lstat().st_rdev == os.makedev(1, 3)


def test_what_is_deleted_becomes_a_whiteout_and_what_is_unchanged_stays_out(
    lower: Path, upper: Path, layer: Path
) -> None:
    (upper / "etc").mkdir()
    os.mknod(upper / "etc/old", stat.S_IFCHR, os.makedev(0, 0))
    (upper / "etc/new").write_text("new")
    os.utime(upper / "etc", ns=(1, 1))
    extract(str(upper), changes(str(upper), [str(lower)]), str(layer))

    assert sorted(os.listdir(layer / "etc")) == ["new", "old"]
    assert (layer / "etc/old").lstat().st_rdev == 0
    assert list(changes(str(layer), [str(lower)])) == [
        Change("C", "/etc"), Change("A", "/etc/new"), Change("D", "/etc/old"),
    ]  # fmt: skip
    assert (layer / "etc").stat().st_mtime_ns == 1


def test_a_directory_that_hides_those_below_deletes_what_they_have(
    lower: Path, upper: Path, layer: Path
) -> None:
    (upper / "etc").mkdir()
    os.setxattr(upper / "etc", "trusted.overlay.opaque", b"y")
    (upper / "etc/kept").write_text("other")
    extract(str(upper), changes(str(upper), [str(lower)]), str(layer))

    assert (layer / "etc/kept").read_text() == "other"
    assert stat.S_ISCHR((layer / "etc/old").lstat().st_mode)
    assert [name for name in os.listxattr(layer / "etc") if "overlay" in name] == []


def test_a_hole_stays_a_hole(upper: Path, layer: Path) -> None:
    with open(upper / "sparse", "wb") as file:
        file.truncate(1 << 30)
    extract(str(upper), [Change("A", "/sparse")], str(layer))

    assert (layer / "sparse").stat().st_size == 1 << 30
    assert (layer / "sparse").stat().st_blocks < 100


def test_what_vanished_or_became_a_link_since_is_left_out(upper: Path, layer: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (upper / "swapped").symlink_to(outside)
    (upper / "there").write_text("there")
    found = [
        Change("A", "/gone"), Change("A", "/swapped"), Change("A", "/swapped/secret"), Change("A", "/there"),
    ]  # fmt: skip
    extract(str(upper), found, str(layer))

    assert sorted(os.listdir(layer)) == ["swapped", "there"]
    assert os.readlink(layer / "swapped") == str(outside)


def test_sockets_stay_behind(upper: Path, layer: Path) -> None:
    os.mknod(upper / "socket", stat.S_IFSOCK | 0o600)
    extract(str(upper), [Change("A", "/socket")], str(layer))

    assert os.listdir(layer) == []
