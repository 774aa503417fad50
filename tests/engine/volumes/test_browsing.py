from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import NotFound, Unsupported
from engine.events import EventLog
from engine.paths import Paths
from engine.store.store import Store
from engine.volumes.browsing import Browser
from engine.volumes.volumes import Volumes


@pytest.fixture
def volumes(tmp_path: Path) -> Volumes:
    paths = Paths(f"{tmp_path}/yard", f"{tmp_path}/run")
    return Volumes(Store(paths), EventLog(paths.events))


@pytest.fixture
def place(volumes: Volumes) -> Path:
    return Path(volumes.create("data").mountpoint)


@pytest.fixture
def browser(volumes: Volumes, place: Path) -> Iterator[Browser]:
    browser = volumes.browse("data")
    yield browser
    browser.close()


def test_a_directory_is_listed_with_what_is_known_of_each_name(browser: Browser, place: Path) -> None:
    (place / "sub").mkdir()
    (place / "file").write_bytes(b"x" * 10)
    (place / "file").chmod(0o640)
    os.utime(place / "file", (5, 5))
    (place / "link").symlink_to("/etc/passwd")
    os.mkfifo(place / "pipe")
    told = [(item.name, item.nature, item.size, item.link) for item in browser.list("")]
    assert told == [
        ("file", "file", 10, ""),
        ("link", "link", 11, "/etc/passwd"),
        ("pipe", "pipe", 0, ""),
        ("sub", "directory", 0, ""),
    ]
    file = browser.list("/")[0]
    assert (file.mode, file.mtime, file.uid) == (0o640, 5, os.geteuid())
    assert browser.list("/sub") == []


def test_any_part_of_a_file_is_read(browser: Browser, place: Path) -> None:
    (place / "sub").mkdir()
    (place / "sub" / "file").write_bytes(bytes(range(256)) * 100)
    assert browser.read("/sub/file", 0, 3) == b"\x00\x01\x02"
    assert browser.read("/sub/file", 25_599, 100) == b"\xff"
    assert browser.read("/sub/file", 25_600, 100) == b""


def test_a_name_that_is_no_text_is_a_name(browser: Browser, place: Path) -> None:
    (place / os.fsdecode(b"\xff\xfe")).write_bytes(b"x")
    (item,) = browser.list("")
    assert os.fsencode(item.name) == b"\xff\xfe"
    assert browser.read(f"/{item.name}", 0, 9) == b"x"


@pytest.mark.parametrize("path", ["/out/passwd", "/out", "/../../../etc/passwd", "/file/x", "/ghost"])
def test_no_way_leads_out(browser: Browser, place: Path, path: str) -> None:
    (place / "out").symlink_to("/etc")
    (place / "file").touch()
    with pytest.raises(NotFound):
        browser.read(path, 0, 10)


def test_what_would_wait_is_not_opened(browser: Browser, place: Path) -> None:
    os.mkfifo(place / "pipe")
    with pytest.raises(NotFound):
        browser.read("/pipe", 0, 10)
    with pytest.raises(NotFound):
        browser.list("/pipe")


def test_a_host_directory_is_browsed_where_it_is(volumes: Volumes, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    volumes.create("here", options={"type": "none", "o": "bind", "device": f"{tmp_path}/there"})
    browser = volumes.browse("here")
    assert [item.name for item in browser.list("")] == ["file"]
    browser.close()


def test_what_is_in_memory_is_seen_by_its_containers_only(volumes: Volumes) -> None:
    volumes.create("fast", options={"type": "tmpfs", "device": "tmpfs"})
    with pytest.raises(Unsupported, match="fast is kept in memory"):
        volumes.browse("fast")
    with pytest.raises(NotFound):
        volumes.browse("ghost")
