"""--chown: whose names they are, and how hostile files are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.build.layer.owners import owner
from engine.build.layer.stack import Stack
from engine.errors import InvalidInput

PASSWD = "root:x:0:0:root:/root:/bin/sh\nbob:x:1234:1235::/home/bob:/bin/sh\nodd:x:y:z::/:\n7:x:8:9::/:\n"
GROUP = "root:x:0:\ngrp:x:77:bob\nodd:x:y:\n"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(PASSWD)
    (tmp_path / "etc/group").write_text(GROUP)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bob:grp", (1234, 77)),
        ("bob", (1234, 1235)),
        ("bob:", (1234, 1235)),
        ("1234", (1234, 1234)),
        ("7", (7, 7)),
        ("0:77", (0, 77)),
        (":grp", (0, 77)),
        (":5", (0, 5)),
        ("5:grp", (5, 77)),
        ("2147483647", (2147483647, 2147483647)),
    ],
)
def test_names_and_numbers(text: str, expected: tuple[int, int], base: Path) -> None:
    assert owner(text, Stack([str(base)])) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("alice", "can't find uid for user alice: no such user: alice"),
        ("bob:none", "can't find gid for group none: no such group: none"),
        ("odd", "can't find uid for user odd"),
        ("4294967295", "uids and gids must be in range 0-2147483647"),
        ("9" * 5000, "uids and gids must be in range 0-2147483647"),
        ("-1", "can't find uid for user -1"),
    ],
)
def test_who_is_nobody(text: str, problem: str, base: Path) -> None:
    with pytest.raises(InvalidInput, match=problem):
        owner(text, Stack([str(base)]))


def test_numbers_need_no_files() -> None:
    assert owner("1:2", Stack([])) == (1, 2)


def test_the_files_are_found_through_links_that_stay_inside(tmp_path: Path, base: Path) -> None:
    top = tmp_path / "top"
    (top / "etc").mkdir(parents=True)
    (top / "etc/passwd").symlink_to("/../lib/passwd")
    (base / "lib").mkdir()
    (base / "lib/passwd").write_text("eve:x:5:6::/:\n")
    assert owner("eve:grp", Stack([str(top), str(base)])) == (5, 77)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(base: Path) -> None:
    (base / "etc/passwd").unlink()
    os.mkfifo(base / "etc/passwd")
    with pytest.raises(InvalidInput, match="no such user: bob"):
        owner("bob", Stack([str(base)]))
