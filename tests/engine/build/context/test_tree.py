"""A tree of inputs: what it shows, what its digest depends on, and what it remembers."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.build.context import content
from engine.build.context.folder import Folder
from engine.build.context.tree import Tree
from engine.errors import NotFound, NotPermitted
from engine.kernel import files
from engine.store.removal import remove_tree

LONG_AGO = 1_000_000_000


@contextmanager
def opened(folder: Path, memo: Path | None = None, keep: object = None) -> Iterator[Tree]:
    root = os.open(folder, files.DIRECTORY)
    tree = Tree(root, str(folder), place=str(memo) if memo else "", keep=keep)  # type: ignore[arg-type]
    try:
        yield tree
    finally:
        tree.close()


def digest(folder: Path, memo: Path | None = None) -> str:
    with opened(folder, memo) as tree:
        return tree.digest(b"")


def age(folder: Path) -> None:
    """Wait until what was written in the folder counts as settled."""
    time.sleep(0.08)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "below/deep").mkdir(parents=True)
    (folder / "below/deep/file").write_text("content\n")
    (folder / "program").write_text("#!/bin/sh\n")
    (folder / "program").chmod(0o755)
    (folder / "link").symlink_to("program")
    return folder


@pytest.fixture
def memo(tmp_path: Path) -> Path:
    return tmp_path / "digests/memo"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The names of the files that were read."""
    names: list[bytes] = []
    read = content.read

    def counting(directory: int, name: bytes) -> object:
        names.append(name)
        return read(directory, name)

    monkeypatch.setattr("engine.build.context.tree.read", counting)
    return names


class TestWhatIsThere:
    def test_comes_parents_first_by_name(self, folder: Path) -> None:
        with opened(folder) as tree:
            paths = [entry.path for entry in tree.walk(b"")]
        assert paths == [b"", b"below", b"below/deep", b"below/deep/file", b"link", b"program"]

    def test_says_what_each_thing_is(self, folder: Path) -> None:
        with opened(folder) as tree:
            found = {entry.path: entry for entry in tree.walk(b"")}
        assert found[b"link"].link == b"program"
        assert found[b"program"].mode == 0o100755
        assert found[b"program"].digest == "a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf"
        assert found[b"below"].digest == ""

    def test_tells_hard_links_from_copies(self, folder: Path) -> None:
        os.link(folder / "program", folder / "again")
        (folder / "copy").write_text("#!/bin/sh\n")
        with opened(folder) as tree:
            hard = {entry.path: entry.hard for entry in tree.walk(b"")}
        assert hard[b"program"] == hard[b"again"] != 0 == hard[b"copy"]

    def test_keeps_names_that_are_no_text(self, folder: Path) -> None:
        (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9"))).write_text("x")
        with opened(folder) as tree:
            assert tree.find(b"caf\xe9") is not None
            assert b"caf\xe9" in [entry.path for entry in tree.walk(b"")]

    def test_leaves_sockets_out(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
        with opened(folder) as tree:
            assert tree.find(b"socket") is None

    def test_never_opens_a_named_pipe(self, folder: Path) -> None:
        os.mkfifo(folder / "pipe")
        with opened(folder) as tree:
            assert tree.digest(b"")
            assert b"pipe" in [entry.path for entry in tree.walk(b"")]

    def test_follows_no_link(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret/file").write_text("x")
        (folder / "out").symlink_to(tmp_path / "secret")
        with opened(folder) as tree:
            assert tree.find(b"out/file") is None
            assert tree.listed(b"out") == ()

    def test_may_be_nothing(self, folder: Path) -> None:
        with opened(folder) as tree, pytest.raises(NotFound):
            tree.digest(b"nope")

    def test_goes_as_deep_as_it_goes(self, tmp_path: Path) -> None:
        here = top = str(tmp_path / "deep")
        for _ in range(1201):
            os.mkdir(here)
            here += "/d"
        with opened(Path(top)) as tree:
            tree.scan()
            assert len(list(tree.walk(b""))) == 1201
            assert tree.digest(b"")
        remove_tree(top)


class TestItsDigest:
    @pytest.mark.parametrize("change", [
        lambda folder: (folder / "below/deep/file").write_text("other!!\n"),
        lambda folder: (folder / "program").chmod(0o700),
        lambda folder: (folder / "below").chmod(0o700),
        lambda folder: (folder / "program").rename(folder / "programme"),
        lambda folder: (folder / "new").mkdir(),
        lambda folder: ((folder / "link").unlink(), (folder / "link").symlink_to("below")),
        lambda folder: ((folder / "link").unlink(), (folder / "link").write_text("program")),
    ], ids=["content", "mode", "mode-of-a-directory", "name", "new", "link", "kind"])  # fmt: skip
    @pytest.mark.parametrize("remembering", [False, True])
    def test_depends_on(self, change: object, remembering: bool, folder: Path, memo: Path) -> None:
        place = memo if remembering else None
        age(folder)
        before = digest(folder, place)
        change(folder)  # type: ignore[operator]
        assert digest(folder, place) != before
        assert digest(folder, place) == digest(folder)

    def test_does_not_depend_on_times(self, folder: Path, memo: Path) -> None:
        before = digest(folder, memo)
        for path in (folder / "program", folder / "below", folder):
            os.utime(path, (LONG_AGO, LONG_AGO))
        assert digest(folder, memo) == before

    def test_does_not_depend_on_where_it_lies(self, folder: Path) -> None:
        with opened(folder) as tree:
            below = tree.digest(b"below")
        (folder / "below").rename(folder / "moved")
        with opened(folder) as tree:
            assert tree.digest(b"moved") == below

    @pytest.mark.root
    def test_depends_on_file_capabilities(self, folder: Path) -> None:
        before = digest(folder)
        capability = bytes.fromhex("0100000200200000000000000000000000000000")
        os.setxattr(folder / "program", "security.capability", capability)
        assert digest(folder) != before


class TestItsMemory:
    def test_saves_reading_what_did_not_change(self, folder: Path, memo: Path, reads: list[bytes]) -> None:
        age(folder)
        digest(folder, memo)
        assert sorted(reads) == [b"file", b"program"]
        reads.clear()
        (folder / "program").write_text("#!/bin/bash\n")
        digest(folder, memo)
        assert reads == [b"program"]

    def test_is_not_written_again_where_nothing_changed(self, folder: Path, memo: Path) -> None:
        age(folder)
        digest(folder, memo)
        written = os.stat(memo).st_ino
        digest(folder, memo)
        assert os.stat(memo).st_ino == written

    def test_sees_a_change_that_keeps_size_and_time(self, folder: Path, memo: Path) -> None:
        file = folder / "below/deep/file"
        os.utime(file, (LONG_AGO, LONG_AGO))
        age(folder)
        before = digest(folder, memo)
        file.write_text("CONTENT\n")
        os.utime(file, (LONG_AGO, LONG_AGO))
        assert digest(folder, memo) != before

    def test_does_not_trust_what_just_changed(self, folder: Path, memo: Path, reads: list[bytes]) -> None:
        (folder / "program").write_text("new\n")
        digest(folder, memo)
        reads.clear()
        digest(folder, memo)
        assert b"program" in reads

    def test_of_a_part_does_not_vouch_for_the_whole(self, folder: Path, memo: Path) -> None:
        age(folder)
        before = digest(folder, memo)
        (folder / "below/deep/file").write_text("other\n")
        age(folder)
        with opened(folder, memo) as tree:
            tree.scan()
            tree.digest(b"below/deep")
        assert digest(folder, memo) == digest(folder) != before

    def test_of_what_nobody_asked_for_does_not_vouch(self, folder: Path, memo: Path) -> None:
        age(folder)
        before = digest(folder, memo)
        (folder / "below/deep/file").write_text("other\n")
        age(folder)
        with opened(folder, memo) as tree:
            tree.scan()
        assert digest(folder, memo) == digest(folder) != before

    @pytest.mark.parametrize("damage", [
        b"", b"inputs 1\n", b"inputs 1\n0000rubbish", b"inputs 9\n" + bytes(40),
    ])  # fmt: skip
    def test_that_is_damaged_is_none(self, damage: bytes, folder: Path, memo: Path) -> None:
        before = digest(folder, memo)
        memo.write_bytes(damage)
        assert digest(folder, memo) == before

    def test_that_is_torn_is_none(self, folder: Path, memo: Path) -> None:
        before = digest(folder, memo)
        memo.write_bytes(memo.read_bytes()[:-7])
        assert digest(folder, memo) == before

    def test_that_cannot_be_written_is_done_without(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        assert digest(folder, tmp_path / "file/memo") == digest(folder)

    def test_is_given_up_for_newer_ones(self, folder: Path, memo: Path) -> None:
        memo.parent.mkdir()
        for number in range(70):
            (memo.parent / f"old{number}").write_text("x")
            os.utime(memo.parent / f"old{number}", (number, number))
        digest(folder, memo)
        left = os.listdir(memo.parent)
        assert len(left) == 64
        assert "memo" in left
        assert "old0" not in left


class TestWhatMovesMeanwhile:
    def test_a_file_that_vanishes_is_not_there(self, folder: Path) -> None:
        with opened(folder) as tree:
            tree.scan()
            (folder / "program").unlink()
            assert b"program" not in [entry.path for entry in tree.walk(b"")]
        with opened(folder) as tree:
            assert tree.digest(b"") == digest(folder)

    def test_a_directory_that_vanishes_is_empty(self, folder: Path) -> None:
        with opened(folder) as tree:
            assert tree.listed(b"")
            (folder / "below/deep/file").unlink()
            (folder / "below/deep").rmdir()
            (folder / "below").rmdir()
            assert [entry.path for entry in tree.walk(b"below")] == [b"below"]

    def test_a_directory_that_vanishes_before_it_is_read_is_empty(self, folder: Path) -> None:
        with opened(folder) as tree:
            tree.scan()
            (folder / "below").rename(folder.parent / "elsewhere")
            assert [entry.path for entry in tree.walk(b"below")] == [b"below", b"below/deep"]

    def test_a_file_that_becomes_a_link_is_not_followed(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret")
        with opened(folder) as tree:
            tree.scan()
            (folder / "program").unlink()
            (folder / "program").symlink_to(tmp_path / "secret")
            assert b"program" not in [entry.path for entry in tree.walk(b"")]

    def test_a_directory_that_becomes_a_link_is_not_followed(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret/file").write_text("secret")
        with opened(folder) as tree:
            assert tree.find(b"below") is not None
            (folder / "below").rename(folder / "moved")
            (folder / "below").symlink_to(tmp_path / "secret")
            assert [entry.path for entry in tree.walk(b"below")] == [b"below"]

    def test_a_file_that_grows_is_taken_as_it_became(self, folder: Path, memo: Path) -> None:
        with opened(folder, memo) as tree:
            tree.scan()
            (folder / "program").write_text("longer than it was\n")
            (found,) = [entry for entry in tree.walk(b"") if entry.path == b"program"]
        assert found.size == 19
        assert digest(folder, memo) == digest(folder)


@pytest.mark.root
class TestWhatMayNotBeRead:
    @pytest.fixture(autouse=True)
    def _as_somebody(self, folder: Path) -> Iterator[None]:
        (folder / "secret").write_text("x")
        (folder / "secret").chmod(0)
        (folder / "locked").mkdir(mode=0)
        self.root = os.open(folder, files.DIRECTORY)
        os.seteuid(65534)
        yield
        os.seteuid(0)
        os.close(self.root)

    def test_is_named(self) -> None:
        with pytest.raises(NotPermitted) as failure:
            Tree(self.root, "/context").digest(b"secret")
        assert str(failure.value) == "error checking context: no permission to read from '/context/secret'"

    def test_is_named_where_it_is_a_directory(self) -> None:
        with pytest.raises(NotPermitted) as failure:
            Tree(self.root, "/context").scan()
        assert str(failure.value) == "error checking context: can't stat '/context/locked'"

    def test_does_not_matter_where_nobody_wants_it(self) -> None:
        assert Tree(self.root, "/context").digest(b"program")


def test_a_folder_remembers_nothing_that_is_fresh() -> None:
    now = time.time_ns()
    status = (0o100644, 1, 1, 0, 0, 1, 0, now, now)
    folder = Folder(b"", "a", ["a"], [status])
    folder.digests = bytearray(b"x" * 32)
    assert folder.remembered(now, b"tree").digests == bytes(32)
    assert folder.remembered(now + 10_000_000_000, b"tree").digests == b"x" * 32
