"""What ADD and COPY take that lies in no tree: downloads, repositories, heredocs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from engine.build.context.taking import Source, Taking
from engine.build.context.tree import Tree
from engine.dockerfile.instructions import Copy
from engine.dockerfile.program import understand
from engine.errors import EngineError, InvalidInput
from engine.kernel import files
from engine.paths import Paths
from tests.engine.build.repositories import commit

LAST_MODIFIED = 1_600_000_000
Web = tuple[Path, str]
"""A folder, and the address under which it is served."""


@pytest.fixture
def tree(context: Path) -> Iterator[Tree]:
    (context / "local").write_text("local\n")
    tree = Tree(os.open(context, files.DIRECTORY), "context")
    yield tree
    tree.close()


@pytest.fixture
def taking(paths: Paths) -> Iterator[Taking]:
    taking = Taking(paths)
    yield taking
    taking.close()
    assert os.listdir(paths.ingest) == []


@pytest.fixture
def url(web: Web) -> str:
    """The address of a file with seven bytes and a time."""
    folder, address = web
    (folder / "file").write_text("served\n")
    os.utime(folder / "file", (LAST_MODIFIED, LAST_MODIFIED))
    return f"{address}/file"


def copy(text: str) -> Copy:
    found = understand(f"FROM scratch\n{text}".encode()).stages[0].instructions[0]
    assert isinstance(found, Copy)
    return found


def taken(taking: Taking, tree: Tree, text: str) -> list[Source]:
    return taking.take(copy(text), tree, "/app")


def contents(sources: list[Source]) -> dict[str, str]:
    """Target and content of every file."""
    found = {}
    for source in sources:
        for item in source.selection.items:
            if item.input.digest:
                here = files.open_in_root(source.selection.inputs.root, item.input.path, os.O_RDONLY)
                with open(here) as file:
                    found[item.target.decode()] = file.read()
    return found


class TestAUrl:
    def test_becomes_a_private_file_with_its_time(self, url: str, tree: Tree, taking: Taking) -> None:
        sources = taken(taking, tree, f"ADD {url} /o/")
        assert contents(sources) == {"o/file": "served\n"}
        (item,) = sources[0].selection.items
        assert item.input.mode == 0o100600
        assert item.input.mtime_ns == LAST_MODIFIED * 1_000_000_000
        assert not sources[0].unpack

    def test_gives_its_name_only_to_a_directory(self, url: str, tree: Tree, taking: Taking) -> None:
        (source,) = taken(taking, tree, f"ADD {url}?query=1 o")
        assert [item.target for item in source.selection.items] == [b"app/o"]
        assert source.selection.name == b"file"

    def test_without_a_name_needs_one(self, web: Web, tree: Tree, taking: Taking) -> None:
        with pytest.raises(InvalidInput) as failure:
            taken(taking, tree, f"ADD {web[1]}/ /o/")
        assert str(failure.value) == f"ADD failed: cannot determine filename for source {web[1]}/"
        assert len(contents(taken(taking, tree, f"ADD {web[1]}/ /o"))) == 1

    def test_comes_with_what_is_local(self, url: str, tree: Tree, taking: Taking) -> None:
        sources = taken(taking, tree, f"ADD {url} local /o/")
        assert contents(sources) == {"o/local": "local\n", "o/file": "served\n"}
        with pytest.raises(InvalidInput, match="When using ADD with more than one source file"):
            taken(taking, tree, f"ADD {url} local /o")

    def test_has_a_digest_of_its_content(self, web: Web, url: str, tree: Tree, taking: Taking) -> None:
        first, again = (taken(taking, tree, f"ADD {url} /o/")[0].selection.digest for _ in "12")
        (web[0] / "file").write_text("other\n")
        assert first == again != taken(taking, tree, f"ADD {url} /o/")[0].selection.digest

    def test_is_compared_with_a_checksum(self, url: str, tree: Tree, taking: Taking) -> None:
        right, wrong = (sha256(text).hexdigest() for text in (b"served\n", b"else"))
        assert taken(taking, tree, f"ADD --checksum=sha256:{right} {url} /o/")
        with pytest.raises(EngineError) as failure:
            taken(taking, tree, f"ADD --checksum=sha256:{wrong} {url} /o/")
        assert failure.value.brief == f"digest mismatch sha256:{right}: sha256:{wrong}"
        with pytest.raises(InvalidInput, match="invalid checksum digest format"):
            taken(taking, tree, f"ADD --checksum=sha256:12 {url} /o/")

    def test_is_unpacked_only_when_asked(self, url: str, tree: Tree, taking: Taking) -> None:
        assert taken(taking, tree, f"ADD --unpack=true {url} /o/")[0].unpack
        assert taken(taking, tree, "ADD local /o/")[0].unpack
        assert not taken(taking, tree, "ADD --unpack=false local /o/")[0].unpack
        assert not taken(taking, tree, "COPY local /o/")[0].unpack

    def test_says_what_the_server_said(self, web: Web, tree: Tree, taking: Taking) -> None:
        address = f"{web[1]}/nope"
        with pytest.raises(EngineError) as failure:
            taken(taking, tree, f"ADD {address} /o/")
        assert str(failure.value).startswith(f"ADD failed: failed to GET {address} with status 404 File not")

    def test_tells_how_far_it_is(self, url: str, tree: Tree, paths: Paths) -> None:
        heard: list[int] = []
        taking = Taking(paths, heard.append)
        taken(taking, tree, f"ADD {url} /o/")
        taking.close()
        assert heard == [7]

    def test_is_nothing_for_copy(self, url: str, tree: Tree, taking: Taking) -> None:
        with pytest.raises(InvalidInput) as failure:
            taken(taking, tree, f"COPY {url} /o/")
        assert failure.value.brief == "COPY failed: source can't be a URL for COPY"


class TestARepository:
    def test_gives_its_files_without_gits_own(self, repository: Web, tree: Tree, taking: Taking) -> None:
        sources = taken(taking, tree, f"ADD {repository[1]} /o")
        assert sorted(contents(sources)) == ["o/Dockerfile", "o/sub/Dockerfile"]

    def test_gives_gits_own_when_asked(self, repository: Web, tree: Tree, taking: Taking) -> None:
        sources = taken(taking, tree, f"ADD --keep-git-dir=true {repository[1]} /o")
        assert "o/.git/HEAD" in [os.fsdecode(item.target) for item in sources[0].selection.items]

    def test_gives_a_folder_of_a_ref(self, repository: Web, tree: Tree, taking: Taking) -> None:
        sources = taken(taking, tree, f"ADD {repository[1]}#trunk:sub /o")
        assert contents(sources) == {"o/Dockerfile": "FROM scratch AS sub\n"}

    def test_is_compared_with_a_commit(self, repository: Web, tree: Tree, taking: Taking) -> None:
        folder, address = repository
        (folder / "more").write_text("x")
        now = commit(folder)
        assert taken(taking, tree, f"ADD --checksum={now} {address} /o")
        with pytest.raises(EngineError, match=f"expected checksum to match {'0' * 40}, got {now}"):
            taken(taking, tree, f"ADD --checksum={'0' * 40} {address} /o")


class TestAHeredoc:
    def test_is_a_file(self, tree: Tree, taking: Taking) -> None:
        sources = taken(taking, tree, "COPY <<EOF /o\nhello\nEOF\n")
        assert contents(sources) == {"o": "hello\n"}
        (item,) = sources[0].selection.items
        assert item.input.mode == 0o100644

    def test_comes_with_others(self, tree: Tree, taking: Taking) -> None:
        sources = taken(taking, tree, "COPY <<one <<two local /o/\n1\none\n2\ntwo\n")
        assert contents(sources) == {"o/local": "local\n", "o/one": "1\n", "o/two": "2\n"}

    def test_of_several_needs_a_slash(self, tree: Tree, taking: Taking) -> None:
        with pytest.raises(InvalidInput, match="the destination must be a directory and end with a /"):
            taken(taking, tree, "COPY <<one <<two /o\n1\none\n2\ntwo\n")
