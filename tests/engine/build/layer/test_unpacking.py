"""ADD of archives that are hostile, odd or broken; what good ones become stands beside docker's answers."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import EngineError, HostileArchive, Unsupported
from tests.engine.build.placed import listing, make, place, tar_of

Fill = Callable[[tarfile.TarFile], None]


def entry(name: str, kind: bytes = tarfile.REGTYPE, *, link: str = "", size: int = 0,
          **more: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    for key, value in more.items():
        setattr(info, key, value)
    return info


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., list[str]]:
    """ADD an archive of some entries to /x above a base."""
    (tmp_path / "context").mkdir()
    (tmp_path / "victim").mkdir()

    def run(*entries: tarfile.TarInfo, base: str = ":", data: bytes = b"") -> list[str]:
        with tarfile.open(tmp_path / "context/a.tar", "w") as archive:
            for info in entries:
                archive.addfile(info, io.BytesIO(b"x" * info.size))
        if data:
            (tmp_path / "context/a.tar").write_bytes(data)
        below = make(tmp_path / "base", base)
        try:
            place("ADD a.tar /x/", tmp_path / "context", [below], tmp_path / "upper")
        finally:
            assert os.listdir(tmp_path / "victim") == []
        lines = [line.split(" ", 3) for line in listing(tar_of(tmp_path / "upper"))]
        return [f"{words[0]} {words[-1]}" for words in lines]

    return run


def test_an_absolute_name_stays_inside(add: Callable[..., list[str]]) -> None:
    assert add(entry("/etc/f", size=1)) == ["d x", "d x/etc", "- x/etc/f x"]


@pytest.mark.parametrize("name", ["../victim/f", "a/../../victim/f", "a/.."])
def test_a_name_that_climbs_is_refused(name: str, add: Callable[..., list[str]]) -> None:
    with pytest.raises(HostileArchive, match=r"cannot unpack a\.tar: a path with `\.\.` could leave"):
        add(entry(name))


def test_a_link_out_and_a_file_through_it_stay_inside(add: Callable[..., list[str]], tmp_path: Path) -> None:
    victim = str(tmp_path / "victim")
    names = add(entry("l", tarfile.SYMTYPE, link=victim), entry("l/f", size=1))
    assert f"l x/l > {victim}" in names
    assert f"- x{victim}/f x" in names


def test_a_link_to_the_directory_above_leads_to_the_target_itself(add: Callable[..., list[str]]) -> None:
    """Docker unpacks in a chroot of the target, so there is nothing above it."""
    names = add(entry("up", tarfile.SYMTYPE, link=".."), entry("up/etc/f", size=1))
    assert "- x/etc/f x" in names


def test_a_link_of_the_base_is_followed_inside(add: Callable[..., list[str]]) -> None:
    assert add(entry("l/f", size=1), base="mkdir x; ln -s ../../../y x/l") == [
        "d x", "d x/y", "- x/y/f x",
    ]  # fmt: skip


def test_links_that_go_round_are_told(add: Callable[..., list[str]]) -> None:
    with pytest.raises(EngineError, match=r"cannot unpack a\.tar: too many levels of symbolic links"):
        add(entry("l", tarfile.SYMTYPE, link="l"), entry("l/f"))


@pytest.mark.parametrize("target", ["/etc/passwd", "nowhere", "later"])
def test_a_hard_link_to_what_is_not_in_it_is_refused(target: str, add: Callable[..., list[str]]) -> None:
    with pytest.raises(EngineError, match="does not come before it"):
        add(entry("h", tarfile.LNKTYPE, link=target), entry("later"))


def test_a_hard_link_that_climbs_is_refused(add: Callable[..., list[str]]) -> None:
    with pytest.raises(HostileArchive):
        add(entry("h", tarfile.LNKTYPE, link="../../victim/f"))


def test_the_last_of_one_name_wins(add: Callable[..., list[str]]) -> None:
    names = add(entry("a", size=1), entry("a", tarfile.DIRTYPE), entry("a/b", size=2), entry("a", size=3))
    assert names == ["d x", "- x/a xxx"]


def test_a_directory_after_a_file(add: Callable[..., list[str]]) -> None:
    assert add(entry("a", size=1), entry("a", tarfile.DIRTYPE), entry("a/b", size=2))[-1] == "- x/a/b xx"


def test_a_name_that_would_delete_another_is_refused(add: Callable[..., list[str]]) -> None:
    with pytest.raises(Unsupported, match="its name would delete another file"):
        add(entry(".wh.f"))


@pytest.mark.root
def test_an_owner_beyond_all_numbers_is_refused(add: Callable[..., list[str]]) -> None:
    with pytest.raises(HostileArchive, match="the owner 4294967295:0 does not exist"):
        add(entry("f", uid=2**32 - 1))


def test_an_archive_that_is_cut_short_is_told(add: Callable[..., list[str]]) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(entry("f", size=5000), io.BytesIO(bytes(5000)))
    with pytest.raises(EngineError, match=r"cannot unpack a\.tar: the archive is cut short"):
        add(data=out.getvalue()[:2000])


@pytest.mark.parametrize("data", [b"x", b"\x1f\x8b\x08 no", bytes(1024), b"x" * 5000, b"\x28\xb5\x2f\xfd"])
def test_what_only_looks_like_one_is_copied(data: bytes, add: Callable[..., list[str]]) -> None:
    assert [name.split()[1] for name in add(data=data)] == ["x", "x/a.tar"]


def test_an_archive_s_own_root_says_nothing(add: Callable[..., list[str]]) -> None:
    assert add(entry("./", tarfile.DIRTYPE, mode=0o700), entry("./f", size=1)) == ["d x", "- x/f x"]


def test_nothing_is_left_beside_the_layer_but_what_its_owner_deletes(
    add: Callable[..., list[str]], tmp_path: Path
) -> None:
    add(entry("f", size=1))
    beside = {name for name in os.listdir(tmp_path) if name.startswith("upper.")}
    assert beside == {"upper.entries", "upper.unpacked"}
    assert os.listdir(tmp_path / "upper.unpacked") == []
