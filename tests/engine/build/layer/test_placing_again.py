"""What a COPY takes over from the layer that it wrote the last time."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.build.layer import linking
from engine.layers.pack import measure
from tests.engine.build.placed import listing, make, place, placing, tar_of

TREE = """
mkdir -p s/a s/b/c; echo one >s/a/one; echo two >s/a/two; echo three >s/b/c/three; : >s/empty; ln -s a s/link
touch -d @1000000000.5 s/a/one s/a/two s/b/c/three s/empty; touch -d @1000000001 s/a s/b s/b/c
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    return make(tmp_path / "context", TREE)


@pytest.fixture
def upper(tmp_path: Path) -> Path:
    return tmp_path / "upper"


@pytest.fixture
def before(context: Path, tmp_path: Path) -> Path:
    """The layer of the same COPY, done before."""
    place("COPY s /x/", context, [], tmp_path / "before")
    return tmp_path / "before"


def linked(upper: Path, before: Path) -> set[str]:
    """Name the files that two layers share."""
    return {
        str(path.relative_to(upper)) for path in upper.rglob("*")
        if path.is_file() and not path.is_symlink() and (before / path.relative_to(upper)).exists()
        and path.stat().st_ino == (before / path.relative_to(upper)).stat().st_ino
    }  # fmt: skip


def test_only_what_changed_is_copied(context: Path, before: Path, upper: Path) -> None:
    (context / "s/a/one").write_text("ONE\n")
    place("COPY s /x/", context, [], upper, previous=before)
    assert linked(upper, before) == {"x/a/two", "x/b/c/three", "x/empty"}
    assert (upper / "x/a/one").read_text() == "ONE\n"
    assert (before / "x/a/one").read_text() == "one\n"


@pytest.mark.parametrize(
    "script",
    [
        "chmod 600 s/a/one",
        "touch -d @1 s/a/one",
        "rm s/a/one; ln -s two s/a/one",
        "rm s/a/one; mkdir s/a/one; echo x >s/a/one/x",
        "rm s/a/one; ln s/a/two s/a/one",
        "mv s/a/one s/a/other",
        "rm s/a/one s/a/two; rmdir s/a",
        "rm s/link; ln -s b s/link",
        "echo new >s/new",
        "mkdir s/d; mv s/a s/d/a; mv s/d s/a",
        "cp -p s/a/one s/b",
    ],
)
@pytest.mark.parametrize("options", ["", "--chmod=640 "])
def test_the_layer_is_the_one_that_a_first_copy_would_write(
    script: str, options: str, context: Path, before: Path, tmp_path: Path
) -> None:
    make(context, script)
    fresh = place(f"COPY {options}s /x/", context, [], tmp_path / "fresh")
    assert place(f"COPY {options}s /x/", context, [], tmp_path / "again", previous=before) == fresh
    assert listing(tar_of(tmp_path / "fresh"), times=True) == listing(tar_of(tmp_path / "again"), times=True)


def test_links_outlive_the_layer_they_were_made_from(context: Path, before: Path, upper: Path) -> None:
    place("COPY s /x/", context, [], upper, previous=before)
    shutil.rmtree(before)
    assert (upper / "x/a/one").read_text() == "one\n"


def test_nothing_is_linked_with_what_shares_its_file_in_one_layer(tmp_path: Path) -> None:
    context = make(tmp_path / "context", "mkdir s; echo x >s/a; ln s/a s/b; touch -d @5 s/a")
    place("COPY s /x/", context, [], tmp_path / "before")
    make(context, "cp -p s/b s/c; mv s/c s/b")
    packed = place("COPY s /x/", context, [], tmp_path / "again", previous=tmp_path / "before")
    assert packed == place("COPY s /x/", context, [], tmp_path / "fresh")
    assert os.stat(tmp_path / "again/x/a").st_nlink == 1


def test_a_directory_in_which_nothing_came_or_went_keeps_its_time(
    context: Path, before: Path, tmp_path: Path
) -> None:
    place("COPY s /x/", context, [], tmp_path / "same", previous=before, now=9999)
    assert os.stat(tmp_path / "same/x").st_mtime == 1000
    (context / "s/new").write_text("x")
    place("COPY s /x/", context, [], tmp_path / "more", previous=before, now=9999)
    assert os.stat(tmp_path / "more/x").st_mtime == 9999


def test_a_file_that_has_all_the_names_it_can_have_is_copied(
    context: Path, before: Path, upper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EMLINK, "Too many links")

    monkeypatch.setattr(linking.os, "link", full)
    packed = place("COPY s /x/", context, [], upper, previous=before)
    assert packed == measure(str(before))
    assert linked(upper, before) == set()


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"stackyard entries 1 cpython-1\n\x00", None])
def test_a_record_that_says_nothing_saves_nothing(
    damage: bytes | None, context: Path, before: Path, upper: Path
) -> None:
    record = Path(f"{before}.entries")
    record.write_bytes(record.read_bytes()[:60] if damage is None else damage)
    place("COPY s /x/", context, [], upper, previous=before)
    assert linked(upper, before) == set()
    assert (upper / "x/a/one").read_text() == "one\n"


@pytest.mark.parametrize("loss", ["truncate -s 1 x/a/one", "rm x/a/one", "rm -r x/b", "rm -r ../before"])
def test_where_the_last_layer_lost_something_all_is_copied(
    loss: str, context: Path, before: Path, upper: Path
) -> None:
    make(before, loss)
    place("COPY s /x/", context, [], upper, previous=before)
    assert linked(upper, before) == set()
    assert (upper / "x/a/one").read_text() == "one\n"


def test_what_changed_can_be_told(context: Path, before: Path) -> None:
    def changed() -> list[bytes]:
        return placing("COPY s /x/", context, []).changed(str(before))

    assert changed() == []
    os.utime(context / "s/a/one", (1, 1))
    assert changed() == []
    make(context, "echo ONE >s/a/one; chmod 600 s/a/two; rm s/empty; echo n >s/new; mkdir s/d; echo x >s/d/x")
    assert changed() == [b"x/empty", b"x/new", b"x/a/one", b"x/a/two", b"x/d/x"]


def test_of_an_archive_it_is_the_archive_that_changed(tmp_path: Path) -> None:
    context = make(tmp_path / "context", "echo f >f; tar cf a.tar f")
    place("ADD a.tar /x/", context, [], tmp_path / "before")
    assert placing("ADD a.tar /x/", context, []).changed(str(tmp_path / "before")) == []
    make(context, "echo g >f; tar cf a.tar f")
    assert placing("ADD a.tar /x/", context, []).changed(str(tmp_path / "before")) == [b"a.tar"]
    place("ADD a.tar /x/", context, [], tmp_path / "again", previous=tmp_path / "before")
    assert (tmp_path / "again/x/f").read_text() == "g\n"


NAMES = st.sampled_from(["a", "b", "a.b", "a-b", "c" * 90, "é"])
CONTENTS = st.sampled_from([b"", b"x", b"y" * 511, b"z" * 512, b"w" * 1025])
TREES = st.recursive(
    st.one_of(st.tuples(CONTENTS, st.sampled_from([0o644, 0o755])), st.sampled_from(["a", "../b", "/x"])),
    lambda below: st.dictionaries(NAMES, below, max_size=4),
    max_leaves=12,
)  # fmt: skip
ROOTS = st.dictionaries(NAMES, TREES, max_size=4)


def grow(folder: Path, tree: dict[str, object]) -> None:
    folder.mkdir()
    for name, what in tree.items():
        path = folder / name
        if isinstance(what, dict):
            grow(path, what)
        elif isinstance(what, str):
            path.symlink_to(what)
        else:
            content, mode = what  # type: ignore[misc]
            path.write_bytes(content)
            path.chmod(mode)
            os.utime(path, (50, 50))
    os.utime(folder, (60, 60))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lower=ROOTS, first=ROOTS, second=ROOTS)
def test_whatever_the_trees_are_the_hash_is_that_of_packing(
    lower: dict[str, object], first: dict[str, object], second: dict[str, object], tmp_path: Path
) -> None:
    """`place` compares with `pack` each time: over any tree, and linked to any other."""
    room = tmp_path / os.urandom(4).hex()
    (room / "one").mkdir(parents=True)
    (room / "two").mkdir()
    grow(room / "base", lower)
    grow(room / "one/s", first)
    grow(room / "two/s", second)
    base = [room / "base"]
    place("COPY s /", room / "one", base, room / "before")
    fresh = place("COPY s /", room / "two", base, room / "fresh")
    assert place("COPY s /", room / "two", base, room / "again", previous=room / "before") == fresh
    shutil.rmtree(room)
