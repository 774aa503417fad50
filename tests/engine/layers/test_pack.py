"""Packing a directory: the same tree gives the same bytes, and other tools can read them."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Unsupported
from engine.layers.pack import measure, pack


def packed(path: Path) -> bytes:
    out = io.BytesIO()
    result = pack(str(path), out)
    data = out.getvalue()
    assert result.diff_id == "sha256:" + hashlib.sha256(data).hexdigest()
    assert result.tar_size == len(data)
    return data


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getnames()


@pytest.fixture
def tree(root: Path) -> Path:
    """A tree with everything that a plain user can make."""
    (root / "b" / "deep").mkdir(parents=True)
    (root / "b-x").write_bytes(b"file")
    (root / "b" / "deep" / "data").write_bytes(os.urandom(100_000))
    os.link(root / "b-x", root / "b" / "linked")
    os.symlink("t" * 300, root / "long-link")
    os.mkfifo(root / "pipe")
    (root / ("n" * 250)).write_bytes(b"")
    (root / "caf\udce9").write_bytes(b"latin-1")
    (root / ("\udcff" * 120)).write_bytes(b"long and no text")
    folder = root / ("d" * 90) / ("e" * 90)
    folder.mkdir(parents=True)
    (folder / "split").write_bytes(b"")
    os.chmod(root / "b-x", 0o4711)
    os.utime(root / "b-x", ns=(0, 1_234_567_891))
    os.utime(root / "pipe", (0, -7))
    return root


def test_names_are_in_order_and_the_root_is_left_out(root):
    for name in ("b/x", "b-", "a", "c/d/e"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    assert names(packed(root)) == ["a", "b", "b/x", "b-", "c", "c/d", "c/d/e"]


def test_what_comes_back_is_the_same(tree, unpack, look, tmp_path):
    data = packed(tree)
    again = tmp_path / "again"
    again.mkdir()
    unpack(io.BytesIO(data), again)
    os.utime(again, ns=(0, os.stat(tree).st_mtime_ns))
    os.chmod(again, os.stat(tree).st_mode & 0o7777)
    assert look(again) == look(tree)
    assert packed(again) == data


def test_gnu_tar_reads_it(tree, look, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    subprocess.run(["tar", "-xpf", "-", "-C", again], input=packed(tree), check=True)
    os.utime(again, ns=(0, os.stat(tree).st_mtime_ns))
    os.chmod(again, os.stat(tree).st_mode & 0o7777)
    assert look(again) == look(tree)


def test_plain_names_and_whole_seconds_need_no_pax(root):
    (root / "x").write_text("content")
    os.utime(root / "x", (5, 5))
    data = packed(root)
    assert len(data) == 512 + 512 + 1024
    assert b"PaxHeader" not in data


def test_sockets_are_left_out(root, monkeypatch):
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert names(packed(root)) == []


def test_size_counts_each_inode_once(root):
    (root / "x").write_bytes(b"12345")
    os.link(root / "x", root / "y")
    os.symlink("abc", root / "z")
    assert pack(str(root), io.BytesIO()).size == 8


def test_attributes_are_kept_in_order(root, unpack, tmp_path):
    (root / "x").write_text("")
    for name, value in ((b"user.b", b""), (b"user.a", b"\0=\n"), (b"user.odd=name", b"v")):
        os.setxattr(root / "x", name, value)
    data = packed(root)
    again = tmp_path / "again"
    again.mkdir()
    unpack(io.BytesIO(data), again)
    assert {key: os.getxattr(again / "x", key) for key in os.listxattr(again / "x")} == {
        "user.a": b"\0=\n", "user.b": b"", "user.odd=name": b"v",
    }  # fmt: skip
    assert packed(again) == data


@pytest.mark.root
def test_marks_of_overlayfs_become_whiteouts_and_come_back(root, unpack, tmp_path):
    (root / "d").mkdir()
    (root / "d" / "new").write_text("")
    os.mknod(root / "d" / "gone", 0o020000, os.makedev(0, 0))
    os.mknod(root / "gone", 0o020000, os.makedev(0, 0))
    os.link(root / "gone", root / "gone-too")  # overlayfs links its whiteouts to each other
    os.setxattr(root / "d", "trusted.overlay.opaque", b"y")
    os.setxattr(root / "d", "trusted.overlay.origin", b"secret")
    os.setxattr(root / "d" / "new", "trusted.overlay.impure", b"y")
    data = packed(root)
    assert names(data) == ["d", "d/.wh..wh..opq", "d/.wh.gone", "d/new", ".wh.gone", ".wh.gone-too"]
    assert b"overlay" not in data
    again = tmp_path / "again"
    again.mkdir()
    unpack(io.BytesIO(data), again)
    os.utime(again / "d", ns=(0, os.stat(root / "d").st_mtime_ns))
    assert packed(again) == data


@pytest.mark.root
@pytest.mark.parametrize("attribute", ["redirect", "metacopy"])
def test_content_that_only_overlayfs_can_find_is_refused(root, attribute):
    (root / "d").mkdir()
    os.setxattr(root / "d", f"trusted.overlay.{attribute}", b"/x")
    with pytest.raises(Unsupported, match="without being copied"):
        packed(root)


@pytest.mark.root
def test_devices_and_large_owners(root, unpack, tmp_path, look):
    os.mknod(root / "disk", 0o060640, os.makedev(259, 1048575))
    (root / "x").write_text("")
    os.chown(root / "x", 2**32 - 2, 3_000_000)
    data = packed(root)
    again = tmp_path / "again"
    again.mkdir()
    unpack(io.BytesIO(data), again)
    assert packed(again) == data
    assert os.stat(again / "disk").st_rdev == os.makedev(259, 1048575)
    assert os.stat(again / "x").st_uid == 2**32 - 2


def test_name_that_would_delete_another_is_refused(root):
    (root / ".wh.x").write_text("")
    with pytest.raises(Unsupported, match="would delete another file"):
        packed(root)


def test_tree_deeper_than_a_path_is_refused(root, monkeypatch):
    monkeypatch.chdir(root)
    for _ in range(30):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    with pytest.raises(Unsupported, match="too deep"):
        packed(root)
    monkeypatch.undo()
    subprocess.run(["rm", "-rf", root / ("d" * 200)], check=True)


def test_holes_do_not_show(root, tmp_path):
    dense, sparse = root / "dense", root / "sparse"
    dense.mkdir()
    sparse.mkdir()
    (dense / "f").write_bytes(bytes(1_000_000))
    with open(sparse / "f", "wb") as file:
        file.truncate(1_000_000)
    os.utime(dense / "f", (1, 1))
    os.utime(sparse / "f", (1, 1))
    assert packed(dense) == packed(sparse)


component = st.binary(min_size=1, max_size=12).filter(
    lambda name: (
        b"/" not in name and b"\0" not in name and name not in (b".", b"..") and not name.startswith(b".wh.")
    )
)
times = st.integers(-(2**31), 2**62)
leaf = st.one_of(
    st.tuples(st.just("file"), st.binary(max_size=1500), st.integers(0, 0o7777), times),
    st.tuples(st.just("link"), st.binary(min_size=1, max_size=150).filter(lambda link: b"\0" not in link),
              st.just(0), st.just(0)),
)  # fmt: skip
trees = st.recursive(
    st.dictionaries(component, leaf, max_size=4),
    lambda below: st.dictionaries(component, st.one_of(leaf, below), max_size=4),
    max_leaves=12,
)


def grow(where: bytes, tree: dict[bytes, object]) -> None:
    for name, what in tree.items():
        path = os.path.join(where, name)
        if isinstance(what, dict):
            os.mkdir(path)
            grow(path, what)
            continue
        assert isinstance(what, tuple)
        kind, content, mode, time = what
        if kind == "link":
            os.symlink(content, path)
        else:
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, mode | 0o400)
            os.utime(path, ns=(0, time))


@given(trees)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_packing_unpacking_and_packing_again_gives_the_same(unpack, tmp_path_factory, tree):
    place = tmp_path_factory.mktemp("trees")
    one, two = place / "one", place / "two"
    one.mkdir()
    two.mkdir()
    grow(os.fsencode(one), tree)
    data = packed(one)
    unpack(io.BytesIO(data), two)
    assert packed(two) == data


def test_measuring_says_what_packing_says(tree):
    assert measure(str(tree)) == pack(str(tree), io.BytesIO())
