"""Archives into a tree that others use: what they may put where, and what they may not."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from engine.errors import EngineError, HostileArchive, InvalidInput
from engine.layers.archiving import Origin, pack
from engine.layers.source import Source
from engine.layers.unarchiving import Owners, Place, unpack

TIME = 1_600_000_000


def archive(*entries: tuple[str, bytes, str]) -> io.BytesIO:
    """Make an archive of (name, kind, link or content)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, kind, rest in entries:
            info = tarfile.TarInfo(name)
            info.type, info.mtime, info.mode = kind, TIME, 0o755 if kind == tarfile.DIRTYPE else 0o644
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info.linkname = rest
            info.size = len(rest) if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(rest.encode()))
    stream.seek(0)
    return stream


FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a folder to unpack into, beside a victim outside."""
    for name in ("root/into", "root/elsewhere", "victim"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path / "root"


def put(root: Path, stream: io.BytesIO, path: bytes = b"/into") -> None:
    here = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        unpack(Source(stream), Place(here, path), Owners(keep=False))
    finally:
        os.close(here)


def test_files_take_the_place_of_files(root: Path) -> None:
    (root / "into/a").write_text("old")
    (root / "into/b").symlink_to("/elsewhere")
    put(root, archive(("a", FILE, "new"), ("b", FILE, "no link any more"), ("d/e", FILE, "made")))
    assert (root / "into/a").read_text() == "new"
    assert not (root / "into/b").is_symlink()
    assert (root / "into/d/e").read_text() == "made"
    assert os.listdir(root / "elsewhere") == []


@pytest.mark.parametrize(
    ("there", "comes", "sentence"),
    [
        ("directory", FILE, 'cannot overwrite directory "/into/x" with non-directory "/into"'),
        ("file", FOLDER, 'cannot overwrite non-directory "/into/x" with directory "/into"'),
    ],
)
def test_a_file_and_a_directory_never_replace_each_other(
    root: Path, there: str, comes: bytes, sentence: str
) -> None:
    place = root / "into/x"
    if there == "file":
        place.write_text("kept")
    else:
        place.mkdir()
    with pytest.raises(InvalidInput) as refused:
        put(root, archive(("x", comes, "")))
    assert refused.value.brief == sentence


@pytest.mark.parametrize("name", ["../out", "a/../../out", "../../victim/out"])
def test_no_name_climbs(root: Path, name: str) -> None:
    with pytest.raises(HostileArchive, match="is outside of"):
        put(root, archive((name, FILE, "x")))
    assert os.listdir(root.parent / "victim") == []


def test_a_link_to_the_host_leads_back_into_the_root(root: Path) -> None:
    victim = root.parent / "victim"
    (root / "into/way").symlink_to(victim)
    with pytest.raises(EngineError):
        put(root, archive(("way", FOLDER, ""), ("way/x", FILE, "x")))
    put(root, archive(("way/x", FILE, "x")))
    assert os.listdir(victim) == []
    assert (root / f"{str(victim)[1:]}/x").read_text() == "x"


def test_a_link_in_the_archive_is_no_way_out_for_what_follows(root: Path) -> None:
    victim = root.parent / "victim"
    put(root, archive(("way", LINK, str(victim)), ("way/x", FILE, "x")))
    assert os.listdir(victim) == []


def test_a_relative_link_that_leads_out_is_refused(root: Path) -> None:
    with pytest.raises(HostileArchive, match="invalid symlink"):
        put(root, archive(("up", LINK, "../../victim")))


def test_a_hard_link_reaches_only_what_is_in_the_place(root: Path) -> None:
    (root / "elsewhere/secret").write_text("x")
    with pytest.raises(HostileArchive, match="is outside of"):
        put(root, archive(("stolen", HARD, "../elsewhere/secret")))


def test_directories_get_their_times_when_they_are_full(root: Path) -> None:
    put(root, archive(("d", FOLDER, ""), ("d/a", FILE, "a"), ("d/b", FILE, "b")))
    assert (root / "into/d").stat().st_mtime == TIME


def test_what_was_packed_is_unpacked_the_same(root: Path) -> None:
    source = root / "elsewhere"
    (source / "deep/er").mkdir(parents=True)
    (source / "deep/er/file").write_text("x" * 700_000)
    (source / "hard").write_text("h")
    os.link(source / "hard", source / "deep/hard")
    (source / "link").symlink_to("hard")
    here = os.open(root, os.O_PATH | os.O_DIRECTORY)
    stream = io.BytesIO(b"".join(pack(Origin(here, b"elsewhere", b"copy"))))
    os.close(here)
    put(root, stream)
    copy = root / "into/copy"
    assert (copy / "deep/er/file").read_text() == "x" * 700_000
    assert (copy / "hard").stat().st_ino == (copy / "deep/hard").stat().st_ino
    assert os.readlink(copy / "link") == "hard"
