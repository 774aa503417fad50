"""What a COPY takes and where it goes: as docker's classic builder answered, unless it says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.build.context.inputs import Selection
from engine.build.context.selection import select, target_of
from engine.build.context.tree import Tree
from engine.dockerfile.instructions import Copy
from engine.dockerfile.program import instruction
from engine.errors import EngineError, InvalidInput, NotFound
from engine.kernel import files

IGNORED = "COPY failed: file not found in build context or excluded by .dockerignore: "
MANY = "When using COPY with more than one source file, the destination must be a directory and end with a /"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    for name in ("a.txt", "sp ace", "[odd", "dir/x", "dir/sub/y", "dir2/z", "etc/hosts", "n?pe", "nope/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")
    (folder / "empty").mkdir()
    for name, target in {
        "link": "a.txt", "linkdir": "dir", "out": "/etc/passwd", "climbs": "../../../etc/passwd",
        "dangles": "x", "abs": "/etc/hosts", "loop": "loop", "dir/inlink": "x",
    }.items():  # fmt: skip
        (folder / name).symlink_to(target)
    return folder


@pytest.fixture
def tree(context: Path) -> Iterator[Tree]:
    tree = Tree(os.open(context, files.DIRECTORY), "context")
    yield tree
    tree.close()


def copy(line: str) -> Copy:
    found = instruction(line)
    assert isinstance(found, Copy)
    return found


def taken(line: str, tree: Tree, workdir: str = "/") -> dict[str, str]:
    """Where each thing goes, and from where it comes; directories end with a slash."""
    return {
        item.target.decode() + "/" * is_directory: item.input.path.decode()
        for item in select(copy(line), tree, workdir).items
        for is_directory in [item.input.mode & 0o170000 == 0o040000]
    }


def selected(line: str, tree: Tree) -> Selection:
    return select(copy(line), tree, "/")


class TestAFile:
    @pytest.mark.parametrize(("line", "expected"), [
        ("COPY a.txt /o", {"o": "a.txt"}),
        ("COPY a.txt /o/", {"o/a.txt": "a.txt"}),
        ("COPY /a.txt /o", {"o": "a.txt"}),
        ("COPY ./dir/../a.txt /o/", {"o/a.txt": "a.txt"}),
        ("COPY a.txt/ /o", {"o": "a.txt"}),
        ("COPY a.txt .", {"app/a.txt": "a.txt"}),
        ("COPY a.txt o", {"app/o": "a.txt"}),
        ("COPY a.txt ../o", {"o": "a.txt"}),
        ("COPY a.txt ../../../o/", {"o/a.txt": "a.txt"}),
        ('COPY ["sp ace", "/o/"]', {"o/sp ace": "sp ace"}),
        ("COPY a.txt dir/x ./", {"app/a.txt": "a.txt", "app/x": "dir/x"}),
        ("COPY link /o/", {"o/link": "a.txt"}),
        ("COPY linkdir/x /o/", {"o/x": "dir/x"}),
        ("COPY dir/inlink /o/", {"o/inlink": "dir/x"}),
    ])  # fmt: skip
    def test_goes_to(self, line: str, expected: dict[str, str], tree: Tree) -> None:
        assert taken(line, tree, "/app") == expected

    def test_has_a_name_ready_for_a_target_that_is_a_directory(self, tree: Tree) -> None:
        assert selected("COPY dir/x /o", tree).name == b"x"
        assert selected("COPY dir/x /o/", tree).name == b""

    def test_of_several_may_go_to_a_dot(self, tree: Tree) -> None:
        # The classic builder refuses this; BuildKit does it.
        assert taken("COPY a.txt dir/x .", tree, "/app") == {"app/a.txt": "a.txt", "app/x": "dir/x"}

    def test_of_several_needs_a_slash(self, tree: Tree) -> None:
        with pytest.raises(InvalidInput) as failure:
            selected("COPY a.txt dir/x /o", tree)
        assert str(failure.value) == MANY


class TestADirectory:
    @pytest.mark.parametrize("line", ["COPY dir /o", "COPY dir/ /o/", "COPY linkdir /o", "COPY ./dir/. /o"])
    def test_gives_what_is_in_it(self, line: str, tree: Tree) -> None:
        assert taken(line, tree) == {
            "o/": "dir", "o/inlink": "dir/inlink", "o/sub/": "dir/sub", "o/sub/y": "dir/sub/y", "o/x": "dir/x"
        }  # fmt: skip

    def test_may_be_the_whole_context(self, tree: Tree, context: Path) -> None:
        found = taken("COPY . /", tree)
        assert found["/"] == ""
        assert found["dir/sub/y"] == "dir/sub/y"
        assert len(found) == 1 + sum(len(folders) + len(names) for _, folders, names in os.walk(context))


class TestAPattern:
    @pytest.mark.parametrize(("line", "expected"), [
        ("COPY *.txt /o", {"o": "a.txt"}),
        ("COPY dir/*/y /o/", {"o/y": "dir/sub/y"}),
        ("COPY d?r/* /o/", {"o/inlink": "dir/x", "o/": "dir/sub", "o/y": "dir/sub/y", "o/x": "dir/x"}),
        ("COPY nothing* a.txt /o/", {"o/a.txt": "a.txt"}),
        ("COPY link out* /o/", {"o/link": "a.txt"}),
        ("COPY linkdir/x* /o/", {"o/x": "dir/x"}),
        ("COPY */y /o/", {}),
        ("COPY **/x /o/", {"o/x": "nope/x"}),
        ("COPY [[]odd /o", {"o": "[odd"}),
        ("COPY [odd /o/", {}),
    ])  # fmt: skip
    def test_takes_what_it_matches(self, line: str, expected: dict[str, str], tree: Tree) -> None:
        assert taken(line, tree) == expected

    def test_that_matches_much_needs_a_slash(self, tree: Tree) -> None:
        assert taken("COPY dir/*x /o", tree) == {"o": "dir/x"}
        assert taken("COPY dir/[ix]* /o/", tree) == {"o/inlink": "dir/x", "o/x": "dir/x"}
        with pytest.raises(InvalidInput) as failure:
            taken("COPY dir/[ix]* /o", tree)
        assert str(failure.value) == MANY

    def test_knows_disarmed_wildcards(self, tree: Tree) -> None:
        plain = copy("COPY a /o/")._replace(sources=(r"n\?pe",))
        assert [item.target for item in select(plain, tree, "/").items] == [b"o/n?pe"]

    def test_that_matches_nothing_takes_nothing(self, tree: Tree) -> None:
        # The classic builder fails, BuildKit goes on.
        assert taken("COPY nothing* /o/", tree) == {}


class TestParents:
    @pytest.mark.parametrize(("line", "expected"), [
        ("COPY --parents ./dir/x /p/", {"p/dir/": "dir", "p/dir/x": "dir/x"}),
        ("COPY --parents ./dir/./sub/y /p", {"p/sub/": "dir/sub", "p/sub/y": "dir/sub/y"}),
        ("COPY --parents dir/sub /p", {"p/dir/": "dir", "p/dir/sub/": "dir/sub", "p/dir/sub/y": "dir/sub/y"}),
        ("COPY --parents dir/./* /p", {"p/inlink": "dir/x", "p/sub/": "dir/sub", "p/sub/y": "dir/sub/y",
                                       "p/x": "dir/x"}),
        ("COPY --parents **/y /p", {"p/dir/": "dir", "p/dir/sub/": "dir/sub", "p/dir/sub/y": "dir/sub/y"}),
        ("COPY --parents ./n*/x /p", {"p/nope/": "nope", "p/nope/x": "nope/x"}),
    ])  # fmt: skip
    def test_are_kept(self, line: str, expected: dict[str, str], tree: Tree) -> None:
        assert taken(line, tree) == expected

    def test_of_nothing_are_refused(self, tree: Tree) -> None:
        with pytest.raises(NotFound, match=r"nothing is left of dir/\./ to put below the target"):
            taken("COPY --parents dir/./ /p", tree)


class TestExclude:
    @pytest.mark.parametrize(("line", "expected"), [
        ("COPY --exclude=sub dir /o", {"o/": "dir", "o/inlink": "dir/inlink", "o/x": "dir/x"}),
        ("COPY --exclude=* --exclude=!sub/y dir /o/", {"o/": "dir", "o/sub/": "dir/sub",
                                                       "o/sub/y": "dir/sub/y"}),
        ("COPY --exclude=**/?  dir /o", {"o/": "dir", "o/inlink": "dir/inlink", "o/sub/": "dir/sub"}),
        ("COPY --exclude=*.txt a.txt dir2 /o/", {"o/": "dir2", "o/z": "dir2/z"}),
    ])  # fmt: skip
    def test_leaves_out(self, line: str, expected: dict[str, str], tree: Tree) -> None:
        assert taken(line, tree) == expected

    def test_is_in_the_digest(self, tree: Tree, context: Path) -> None:
        before = selected("COPY --exclude=sub dir /o", tree).digest
        with_all = selected("COPY dir /o", tree).digest
        (context / "dir/sub/y").write_text("changed")
        other = Tree(os.open(context, files.DIRECTORY), "context")
        assert selected("COPY --exclude=sub dir /o", other).digest == before
        assert selected("COPY dir /o", other).digest != with_all
        other.close()


class TestWhatIsNotThere:
    @pytest.mark.parametrize("name", ["nothing", "out", "climbs", "dangles", "loop", "a.txt/below", "out/x"])
    def test_is_named(self, name: str, tree: Tree) -> None:
        with pytest.raises(NotFound) as failure:
            selected(f"COPY {name} /o/", tree)
        assert str(failure.value) == f"{IGNORED}stat {name}: file does not exist"

    def test_is_found_inside_where_a_link_says_so(self, tree: Tree) -> None:
        assert taken("COPY abs /o/", tree) == {"o/abs": "etc/hosts"}

    @pytest.mark.parametrize(("source", "shown"), [
        ("../x", "../x"), ("/../x", "../x"), ("dir/../../x", "dir/../../x"), ("..", ".."),
    ])  # fmt: skip
    def test_may_not_be_outside(self, source: str, shown: str, tree: Tree) -> None:
        with pytest.raises(InvalidInput) as failure:
            selected(f"COPY {source} /o/", tree)
        assert str(failure.value) == f"COPY failed: forbidden path outside the build context: {shown} ()"

    def test_reads_otherwise_with_from_and_add(self, tree: Tree) -> None:
        for line, sentence in {
            "COPY --from=0 nothing /o": "COPY failed: stat nothing: file does not exist",
            "ADD nothing /o": IGNORED.replace("COPY", "ADD") + "stat nothing: file does not exist",
        }.items():
            with pytest.raises(EngineError) as failure:
                selected(line, tree)
            assert str(failure.value) == sentence


def test_a_named_pipe_is_refused_by_name_and_taken_with_its_directory(tree: Tree, context: Path) -> None:
    os.mkfifo(context / "dir2/pipe")
    with pytest.raises(InvalidInput, match="COPY failed: dir2/pipe is a named pipe, which has no content"):
        selected("COPY dir2/pipe /o", tree)
    assert "o/pipe" in taken("COPY dir2 /o", tree)


class TestTheDigest:
    @pytest.mark.parametrize(("one", "other"), [
        ("COPY a.txt /o", "COPY link /o"),
        ("COPY a.txt /o/", "COPY link /o/"),
        ("COPY dir /o", "COPY dir2 /o"),
        ("COPY a.txt dir/x /o/", "COPY a.txt dir2/z /o/"),
        ("COPY dir /o", "COPY --parents dir /o"),
    ])  # fmt: skip
    def test_tells_apart(self, one: str, other: str, tree: Tree) -> None:
        assert selected(one, tree).digest != selected(other, tree).digest

    def test_is_the_same_wherever_it_goes(self, tree: Tree) -> None:
        assert selected("COPY dir /o", tree).digest == selected("COPY dir/ /elsewhere/", tree).digest

    @pytest.mark.parametrize(("line", "what"), [
        ("COPY a.txt /o", "file"), ("COPY *.txt /o", "file"), ("COPY dir /o", "dir"),
        ("COPY a.txt dir /o/", "multi"),
    ])  # fmt: skip
    def test_goes_with_what_the_history_says(self, line: str, what: str, tree: Tree) -> None:
        assert selected(line, tree).what == what


@pytest.mark.parametrize(("target", "expected"), [
    ("/o", b"/o"), ("/o/", b"/o/"), ("o", b"/app/o"), (".", b"/app/"), ("./", b"/app/"), ("..", b"/"),
    ("/", b"/"), ("/a/../b/.", b"/b/"), ("//o", b"/o"),
])  # fmt: skip
def test_a_target_is_made_absolute(target: str, expected: bytes) -> None:
    assert target_of(copy(f"COPY x {target}"), "/app") == expected
