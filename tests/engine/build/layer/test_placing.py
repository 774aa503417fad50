"""What COPY and WORKDIR write, whatever stands below."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from engine.build.layer.placing import make_directory
from engine.errors import InvalidInput, Unsupported
from engine.layers.pack import measure
from tests.engine.build.placed import listing, make, place, tar_of

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


def test_times_are_the_inputs_in_whole_seconds_as_docker_has_them(context: Path, upper: Path) -> None:
    place("COPY s /x/", context, [], upper, now=77)
    assert os.stat(upper / "x/a/one").st_mtime_ns == 1_000_000_000_000_000_000
    assert os.stat(upper / "x/a").st_mtime == 1_000_000_001
    assert os.stat(upper / "x").st_mtime == 77


def test_the_same_inputs_give_the_same_layer(context: Path, tmp_path: Path) -> None:
    one = place("COPY s /x/", context, [], tmp_path / "one")
    os.utime(context / "s/a/one", ns=(5, 1_000_000_000_900_000_000))
    assert place("COPY s /x/", context, [], tmp_path / "two") == one


def test_the_layers_below_are_one_tree(context: Path, tmp_path: Path, upper: Path) -> None:
    bottom = make(tmp_path / "bottom", "mkdir -p x/a y; ln -s ../x y/to; echo f >x/empty")
    top = make(tmp_path / "top", "mkdir -m 711 -p x")
    place("COPY s/b /y/to/a/", context, [top, bottom], upper)
    assert stat.S_IMODE(os.stat(upper / "x").st_mode) == 0o711
    assert (upper / "x/a/c/three").read_text() == "three\n"
    assert not (upper / "y").exists()


@pytest.mark.root
def test_what_a_layer_deleted_is_not_there(context: Path, tmp_path: Path, upper: Path) -> None:
    bottom = make(tmp_path / "bottom", "mkdir -p hidden/in gone; echo f >file; chmod 700 gone hidden/in")
    top = make(tmp_path / "top", "mknod gone c 0 0; mknod file c 0 0; mkdir hidden")
    os.setxattr(top / "hidden", "trusted.overlay.opaque", b"y")
    for target in ("gone", "file", "hidden/in"):
        shutil.rmtree(upper, ignore_errors=True)
        place(f"COPY s/a /{target}/", context, [top, bottom], upper)
        assert stat.S_IMODE(os.stat(upper / target).st_mode) == 0o755


@pytest.mark.root
def test_capabilities_are_kept_and_user_attributes_are_not_as_with_docker(context: Path, upper: Path) -> None:
    capability = b"\x01\x00\x00\x02\x00\x20" + bytes(14)
    os.setxattr(context / "s/a/one", "security.capability", capability)
    os.setxattr(context / "s/a/one", "user.note", b"x")
    place("COPY --chown=1:2 s /x/", context, [], upper)
    assert os.getxattr(upper / "x/a/one", "security.capability") == capability
    assert "user.note" not in os.listxattr(upper / "x/a/one")


@pytest.mark.root
def test_another_stage_s_owners_stay(context: Path, upper: Path) -> None:
    os.chown(context / "s/a/one", 3, 4)
    place("COPY --from=0 s/a/one /one", context, [], upper, keep_owner=True)
    assert listing(tar_of(upper)) == ["- 0644 3:4 one one"]


@pytest.mark.root
def test_the_root_directory_keeps_mode_and_owner(context: Path, tmp_path: Path, upper: Path) -> None:
    base = make(tmp_path / "base", "chmod 711 .; chown 5:6 .")
    place("COPY s /x/", context, [base], upper)
    status = os.stat(upper)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o711, 5, 6)


def test_a_large_file_is_copied_whole(tmp_path: Path, upper: Path) -> None:
    context = make(tmp_path / "context", "head -c 3000001 /dev/urandom >big; head -c 524288 /dev/zero >edge")
    place("COPY big edge /", context, [], upper)
    for name in ("big", "edge"):
        assert (upper / name).read_bytes() == (context / name).read_bytes()


def test_names_that_are_no_text(tmp_path: Path, upper: Path) -> None:
    context = tmp_path / "context"
    name = b"caf\xe9\n\x1b[31m"
    os.makedirs(os.fsencode(context) + b"/s/" + name)
    (context / os.fsdecode(b"s/" + name) / "f").write_text("x")
    place("COPY s /x/", context, [], upper)
    assert os.listdir(os.fsencode(upper) + b"/x") == [name]


def test_a_name_that_would_delete_another_file_is_refused(tmp_path: Path, upper: Path) -> None:
    context = make(tmp_path / "context", "mkdir s; echo x >s/.wh.file")
    with pytest.raises(Unsupported, match=r"\.wh\.file: its name would delete another file"):
        place("COPY s /x/", context, [], upper)


@pytest.mark.parametrize("target", ["/file/x", "/file/", "/link/deep/er", "/file/x/"])
def test_a_target_that_leads_through_a_file_is_refused(
    target: str, context: Path, tmp_path: Path, upper: Path
) -> None:
    base = make(tmp_path / "base", "echo x >file; ln -s file link")
    with pytest.raises(InvalidInput, match="cannot copy to /file: it is not a directory"):
        place(f"COPY s {target}", context, [base], upper)


def test_a_target_whose_links_go_round_is_refused(context: Path, tmp_path: Path, upper: Path) -> None:
    base = make(tmp_path / "base", "ln -s loop loop")
    with pytest.raises(InvalidInput, match="cannot copy to /loop"):
        place("COPY s /loop/", context, [base], upper)


@pytest.mark.parametrize("link", ["../../../../../../victim", "/victim"])
def test_a_link_to_the_outside_leads_inside(link: str, context: Path, tmp_path: Path, upper: Path) -> None:
    (tmp_path / "victim").mkdir()
    base = tmp_path / "base"
    base.mkdir()
    (base / "out").symlink_to(link)
    place("COPY s/a/one /out/", context, [base], upper)
    assert (upper / "victim/one").read_text() == "one\n"
    assert os.listdir(tmp_path / "victim") == []





def test_a_directory_that_is_missing_is_made_with_those_above_it(tmp_path: Path, upper: Path) -> None:
    base = make(tmp_path / "base", "mkdir -m 700 a; ln -s a b")
    upper.mkdir()
    assert make_directory(b"/b/c/d", str(upper), [str(base)], now=5) == measure(str(upper))
    me = f"{os.geteuid()}:{os.getegid()}"
    assert listing(tar_of(upper), times=True) == [
        f"d 0700 {me} a 5", f"d 0755 {me} a/c 5", f"d 0755 {me} a/c/d 5",
    ]  # fmt: skip


@pytest.mark.root
def test_they_belong_to_whom_the_builder_says(upper: Path) -> None:
    upper.mkdir()
    make_directory(b"/a/b", str(upper), [], 1, 2)
    assert listing(tar_of(upper)) == ["d 0755 1:2 a", "d 0755 1:2 a/b"]


@pytest.mark.parametrize("path", [b"/", b"/a", b"/b/", b"b"])
def test_nothing_is_made_where_nothing_is_missing(path: bytes, tmp_path: Path, upper: Path) -> None:
    base = make(tmp_path / "base", "mkdir a; ln -s a b")
    upper.mkdir()
    assert make_directory(path, str(upper), [str(base)]) is None
    assert os.listdir(upper) == []


def test_a_file_in_its_way_is_told(tmp_path: Path, upper: Path) -> None:
    base = make(tmp_path / "base", "echo x >f")
    upper.mkdir()
    with pytest.raises(InvalidInput, match="/f: it is not a directory"):
        make_directory(b"/f/x", str(upper), [str(base)])
