"""Who a container runs as, by the image's own files, whatever an image makes of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.runtime.accounts import Account, resolve, with_groups

PASSWD = """root:x:0:0:root:/root:/bin/sh
mail:x:8:8:mail:/var/mail:/bin/false
1000:x:77:78:a name of digits:/digits:/bin/sh
dev:x:1000:1001::/home/dev:/bin/sh
lodger:x:1002:1001:::
"""
GROUP = "root:x:0:\nmail:x:8:\ndevs:x:1001:\ndocker:x:999:dev,mail\nvideo:x:44:dev\n"

Resolve = Callable[[str], Account]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(PASSWD)
    (tmp_path / "etc/group").write_text(GROUP)
    return tmp_path


@pytest.fixture
def who(image: Path) -> Iterator[Resolve]:
    root = os.open(image, os.O_PATH | os.O_DIRECTORY)
    yield lambda user: resolve(root, user)
    os.close(root)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("", Account(0, 0, (0,), "/root")),
        ("root", Account(0, 0, (0,), "/root")),
        ("dev", Account(1000, 1001, (1001, 999, 44), "/home/dev")),
        ("8", Account(8, 8, (8, 999), "/var/mail")),
        ("dev:video", Account(1000, 44, (44,), "/home/dev")),
        ("dev:5", Account(1000, 5, (5,), "/home/dev")),
        ("8:1234", Account(8, 1234, (1234,), "/var/mail")),
        (":5", Account(0, 5, (5,), "/root")),
        ("dev:", Account(1000, 1001, (1001, 999, 44), "/home/dev")),
        ("lodger", Account(1002, 1001, (1001,), "/")),
        ("4711", Account(4711, 0, (0,), "/")),
        ("4711:4712", Account(4711, 4712, (4712,), "/")),
        ("2147483647", Account(2**31 - 1, 0, (0,), "/")),
    ],
)
def test_a_user_is_found_as_docker_finds_it(who: Resolve, user: str, expected: Account) -> None:
    assert who(user) == expected


def test_a_name_wins_over_the_same_number(who: Resolve) -> None:
    assert who("1000").uid == 77


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ("ghost", "unable to find user ghost: no matching entries in passwd file"),
        ("²", "unable to find user ²: no matching entries in passwd file"),
        ("dev:ghosts", "unable to find group ghosts: no matching entries in group file"),
        ("-1", "uids and gids must be in range 0-2147483647"),
        ("4294967296", "uids and gids must be in range 0-2147483647"),
        ("2147483648", "uids and gids must be in range 0-2147483647"),
        ("9" * 6000, "uids and gids must be in range 0-2147483647"),
        ("0:-1", "uids and gids must be in range 0-2147483647"),
        ("0:4294967295", "uids and gids must be in range 0-2147483647"),
    ],
)
def test_what_is_no_user_is_refused_in_dockers_words(who: Resolve, user: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        who(user)
    assert caught.value.brief == sentence


def test_an_account_of_the_image_may_not_overflow_either(image: Path, who: Resolve) -> None:
    (image / "etc/passwd").write_text(f"evil:x:4294967296:0::/:/bin/sh\nhuge:x:{'9' * 5000}:0::/:/bin/sh\n")
    for name in ("evil", "huge"):
        with pytest.raises(InvalidInput, match="in range"):
            who(name)


def test_more_groups_by_name_and_by_number(image: Path) -> None:
    (image / "etc/group").write_text("root:x:0:\naudio:x:29:\n7:x:70:\n")
    account = Account(1, 29, (29,), "/")
    root = os.open(image, os.O_PATH)
    try:
        assert with_groups(root, account, ()) == account
        assert with_groups(root, account, ("audio", "1000", "7")).groups == (29, 1000, 70)
        for group, sentence in (("ghosts", "Unable to find group ghosts: no matching"), ("-1", "in range")):
            with pytest.raises(InvalidInput, match=sentence):
                with_groups(root, account, (group,))
    finally:
        os.close(root)


def test_without_the_files_only_numbers_are_known(tmp_path: Path) -> None:
    root = os.open(tmp_path, os.O_PATH)
    assert resolve(root, "7") == Account(7, 0, (0,), "/")
    with pytest.raises(InvalidInput):
        resolve(root, "root")
    os.close(root)


def test_lines_that_are_no_accounts_are_passed_over(image: Path, who: Resolve) -> None:
    (image / "etc/passwd").write_bytes(
        b"# dev:x:1:1::/:\n\ndev\ndev:x:\ndev:x:many:1::/:\nbad\xff:x:5:5::/b\xff:\ndev:x:6:7::/home:\n"
    )
    assert who("dev").uid == 6
    assert who("bad\udcff").uid == 5


def test_only_a_newline_ends_a_line(image: Path, who: Resolve) -> None:
    """Else a comment field could smuggle in an account."""
    (image / "etc/passwd").write_text("dev:x:5:5:\x85evil:x:0:0::/:/bin/sh\u2028evil:x:0:0::/::/:/\n")
    assert who("dev").uid == 5
    with pytest.raises(InvalidInput):
        who("evil")


def test_a_fifo_is_not_waited_for(image: Path, who: Resolve) -> None:
    for name in ("passwd", "group"):
        (image / "etc" / name).unlink()
        os.mkfifo(image / "etc" / name)
    assert who("7").uid == 7


def test_a_directory_or_a_socket_is_as_good_as_none(image: Path, who: Resolve) -> None:
    (image / "etc/passwd").unlink()
    (image / "etc/passwd").mkdir()
    assert who("7") == Account(7, 0, (0,), "/")


@pytest.mark.root
def test_a_device_is_not_even_opened(image: Path, who: Resolve) -> None:
    """Opening some, a watchdog for one, already does harm; /dev/zero would never end."""
    for name, device in (("passwd", os.makedev(10, 130)), ("group", os.makedev(1, 5))):
        (image / "etc" / name).unlink()
        os.mknod(image / "etc" / name, stat.S_IFCHR | 0o666, device)
    assert who("7").uid == 7


def test_a_huge_file_is_read_up_to_a_limit(image: Path, who: Resolve) -> None:
    with open(image / "etc/passwd", "ab") as file:
        file.truncate(8 << 30)
    assert who("dev").uid == 1000


@pytest.mark.parametrize("target", ["/passwd", "../../../../../../passwd", "/proc/self/root/passwd"])
def test_a_link_never_leads_out_of_the_image(tmp_path: Path, target: str) -> None:
    (tmp_path / "passwd").write_text("victim:x:1:1::/:\n")
    inside = tmp_path / "image"
    (inside / "etc").mkdir(parents=True)
    (inside / "etc/passwd").symlink_to(target)
    root = os.open(inside, os.O_PATH)
    with pytest.raises(InvalidInput):
        resolve(root, "victim")
    os.close(root)


def test_a_link_inside_the_image_is_followed(image: Path, who: Resolve) -> None:
    (image / "etc/passwd").rename(image / "accounts")
    (image / "etc/passwd").symlink_to("/accounts")
    assert who("dev").uid == 1000
