"""Unpacking a layer into a directory for overlayfs."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from engine.errors import Cancelled, Corrupt, NoSpace
from engine.layers import nodes
from engine.layers.apply import apply


def is_whiteout(path: Path) -> bool:
    status = os.lstat(path)
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def test_digest_covers_the_whole_stream_with_its_trailer(archives, unpack):
    data = archives.tar(archives.file("x", b"content")).getvalue() + bytes(5120) + b"after the end"
    applied = unpack(io.BytesIO(data))
    assert applied.diff_id == "sha256:" + hashlib.sha256(data).hexdigest()


def test_size_counts_files_and_links_once(archives, unpack):
    applied = unpack(archives.tar(
        archives.folder("d"),
        archives.file("d/one", b"12345"),
        archives.hard_link("d/two", "d/one"),
        archives.symlink("s", "abc"),
        archives.file("again", b"first"),
        archives.file("again", b"2"),
    ))  # fmt: skip
    assert applied.size == 5 + 3 + 1
    assert applied.entries == 6


def test_empty_layer_is_a_layer(unpack):
    applied = unpack(io.BytesIO(bytes(1024)))
    assert applied == ("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef", 0, 0)


def test_same_tree_as_gnu_tar(tmp_path, unpack, look):
    source, ours, theirs = tmp_path / "source", tmp_path / "ours", tmp_path / "theirs"
    shutil.copytree(Path(os.__file__).parent / "json", source / "lib", symlinks=True)
    os.chmod(source, 0o755)
    (source / "setuid").write_text("x")
    os.chmod(source / "setuid", 0o4755)
    os.link(source / "setuid", source / "linked")
    os.symlink("../nowhere", source / "dangling")
    os.mkfifo(source / "pipe", 0o621)
    (source / "sticky").mkdir()
    os.chmod(source / "sticky", 0o1777)
    (source / "caf\udce9").write_text("latin-1")
    (source / ("n" * 200)).write_text("long")
    for format in ("gnu", "pax"):
        subprocess.run(
            ["tar", f"--format={format}", "-cf", tmp_path / "x.tar", "-C", source, "."], check=True
        )
        for where in (ours, theirs):
            shutil.rmtree(where, ignore_errors=True)
            where.mkdir()
        subprocess.run(["tar", "-xpf", tmp_path / "x.tar", "-C", theirs], check=True)
        with open(tmp_path / "x.tar", "rb") as tar:
            unpack(tar, ours)
        assert look(ours) == look(theirs)


def test_missing_parents_are_made_for_everyone_to_enter(archives, unpack, root):
    old = os.umask(0o077)
    try:
        unpack(archives.tar(archives.file("a/b/c")))
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat(root / "a/b").st_mode) == 0o755


def test_modes_do_not_depend_on_the_umask(archives, unpack, root):
    old = os.umask(0o077)
    try:
        unpack(archives.tar(archives.file("f", mode=0o666), archives.folder("d", mode=0o777)))
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat(root / "f").st_mode) == 0o666
    assert stat.S_IMODE(os.stat(root / "d").st_mode) == 0o777


def test_directory_keeps_its_time_though_it_is_filled_later(archives, unpack, root):
    many = [archives.file(f"d/e{number}/f") for number in range(400)]
    unpack(archives.tar(archives.folder(".", mtime=7), archives.folder("d", mtime=5),
                        archives.folder("d/e1", mtime=6), *many))  # fmt: skip
    assert [os.stat(root / path).st_mtime for path in (".", "d", "d/e1")] == [7, 5, 6]


def test_directory_named_after_its_content_gets_its_mode_and_time(archives, unpack, root):
    unpack(archives.tar(archives.file("d/f"), archives.folder("d", mode=0o711, mtime=5)))
    status = os.stat(root / "d")
    assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o711, 5)
    assert (root / "d/f").exists()


def test_directory_filled_through_a_link_keeps_its_time(archives, unpack, root):
    unpack(archives.tar(archives.folder("d", mtime=5), archives.symlink("l", "d"),
                        archives.file("d/a"), archives.file("l/b")))  # fmt: skip
    assert os.stat(root / "d").st_mtime == 5
    assert (root / "d/b").exists()


def test_directory_shut_to_its_owner_is_filled_all_the_same(archives, unpack, root):
    unpack(archives.tar(archives.folder("d", mode=0o500), archives.file("d/f", b"x")))
    assert stat.S_IMODE(os.stat(root / "d").st_mode) == 0o500
    assert (root / "d/f").read_bytes() == b"x"
    os.chmod(root / "d", 0o700)


def test_nanoseconds_and_times_before_1970_survive(archives, unpack, root):
    unpack(archives.tar(archives.file("f", pax_headers={"mtime": "12.123456789"}),
                        archives.file("g", pax_headers={"mtime": "-1.5"})))  # fmt: skip
    assert os.stat(root / "f").st_mtime_ns == 12_123_456_789
    assert os.stat(root / "g").st_mtime_ns == -1_500_000_000


def test_bytes_of_a_name_survive(archives, unpack, root):
    for format in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        unpack(archives.tar(archives.file("caf\udce9"), format=format))
        assert os.listdir(os.fsencode(root)) == [b"caf\xe9"]


def test_hard_link_before_its_target_is_made_at_the_end(archives, unpack, root):
    unpack(archives.tar(archives.hard_link("a/early", "b/late"), archives.file("b/late", b"x")))
    assert os.stat(root / "a/early").st_ino == os.stat(root / "b/late").st_ino


def test_hard_link_to_itself_loses_nothing(archives, unpack, root):
    unpack(
        archives.tar(
            archives.file("x", b"kept"), archives.hard_link("x", "x"), archives.hard_link("x", "./x")
        )
    )
    assert (root / "x").read_bytes() == b"kept"


def test_hard_link_replaces_what_has_its_name(archives, unpack, root):
    unpack(archives.tar(archives.file("x", b"new"), archives.file("y", b"old"), archives.hard_link("y", "x")))
    assert (root / "y").read_bytes() == b"new"


def test_links_target_is_not_made(archives, unpack, root):
    with pytest.raises(Corrupt, match="hard link to there/x, which is not there"):
        unpack(archives.tar(archives.hard_link("y", "there/x")))
    assert not (root / "there").exists()


def test_hard_link_to_a_directory_is_refused(archives, unpack):
    with pytest.raises(Corrupt, match="which is a directory"):
        unpack(archives.tar(archives.folder("d"), archives.hard_link("x", "d")))


@pytest.mark.root
def test_devices_and_owners(archives, unpack, root):
    unpack(archives.tar(
        archives.member("null", tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666, uid=7, gid=8),
        archives.member("disk", tarfile.BLKTYPE, devmajor=259, devminor=70000),
        archives.file("mail", b"x", mode=0o2755, uid=1000, gid=12),
        archives.folder("d", uid=3, gid=4),
        archives.member("s", tarfile.SYMTYPE, linkname="x", uid=5, gid=6),
    ))  # fmt: skip
    null = os.stat(root / "null")
    assert (stat.S_ISCHR(null.st_mode), null.st_rdev, null.st_uid, null.st_gid) == (
        True,
        os.makedev(1, 3),
        7,
        8,
    )
    assert stat.S_IMODE(null.st_mode) == 0o666
    assert os.stat(root / "disk").st_rdev == os.makedev(259, 70000)
    assert stat.S_IMODE(os.stat(root / "mail").st_mode) == 0o2755
    assert (os.lstat(root / "s").st_uid, os.stat(root / "d").st_gid) == (5, 4)


@pytest.mark.root
def test_missing_parents_belong_to_root_even_in_a_setgid_directory(archives, unpack, root):
    unpack(archives.tar(archives.folder("g", mode=0o2775, gid=50), archives.file("g/new/f", gid=0, uid=0)))
    assert os.stat(root / "g/new").st_gid == 0
    assert os.stat(root / "g/new/f").st_gid == 0


def test_without_owners_devices_are_left_out_and_nothing_is_chowned(archives, root, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(nodes.os, "mknod", refuse)
    tar = archives.tar(archives.member("null", tarfile.CHRTYPE, devmajor=1, devminor=3),
                       archives.file("f", uid=4242, gid=4242))  # fmt: skip
    apply(tar, str(root), owners=False)
    assert os.listdir(root) == ["f"]
    assert os.stat(root / "f").st_uid == os.geteuid()


def test_whiteout_is_a_device_of_number_0(archives, unpack, root):
    unpack(archives.tar(archives.file("d/.wh.gone")))
    assert is_whiteout(root / "d/gone")
    assert os.listdir(root / "d") == ["gone"]


def test_whiteout_before_the_new_file_gives_way(archives, unpack, root):
    unpack(archives.tar(archives.file(".wh.x"), archives.file("x", b"new")))
    assert (root / "x").read_bytes() == b"new"


def test_whiteout_after_the_file_is_refused_as_docker_does(archives, unpack):
    with pytest.raises(Corrupt, match="both holds and deletes"):
        unpack(archives.tar(archives.file("x", b"new"), archives.file(".wh.x")))


def test_whiteout_twice_is_one(archives, unpack, root):
    unpack(archives.tar(archives.file(".wh.x"), archives.file(".wh.x")))
    assert is_whiteout(root / "x")


def test_housekeeping_of_aufs_is_passed_over(archives, unpack, root):
    unpack(
        archives.tar(
            archives.folder(".wh..wh.plnk"), archives.file(".wh..wh.plnk/1.2"), archives.file(".wh..wh.aufs")
        )
    )
    assert os.listdir(root) == []


@pytest.mark.root
@pytest.mark.parametrize("entry", [["x", "x/new"], ["x/new"]])
def test_directory_after_its_whiteout_does_not_merge(archives, unpack, root, entry):
    members = [archives.file(name) if name.endswith("new") else archives.folder(name) for name in entry]
    unpack(archives.tar(archives.file(".wh.x"), *members))
    assert os.getxattr(root / "x", "trusted.overlay.opaque") == b"y"
    assert os.listdir(root / "x") == ["new"]


@pytest.mark.root
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (2, 0, 1)])
def test_opaque_marker_hides_lower_layers_only_whatever_the_order(archives, unpack, root, order):
    members = [archives.folder("d"), archives.file("d/.wh..wh..opq"), archives.file("d/kept")]
    unpack(archives.tar(*(members[place] for place in order)))
    assert os.getxattr(root / "d", "trusted.overlay.opaque") == b"y"
    assert os.listdir(root / "d") == ["kept"]


def test_opaque_marker_for_a_user_namespace(archives, root):
    tar = archives.tar(archives.file("d/.wh..wh..opq"), archives.file("d/.wh.x"))
    apply(tar, str(root), whiteouts="user", owners=False)
    assert os.getxattr(root / "d", "user.overlay.opaque") == b"y"
    assert is_whiteout(root / "d/x")


@pytest.mark.root
def test_unpacked_layers_stack_up(archives, unpack, tmp_path):
    base, layer, merged, upper, work = (
        tmp_path / name for name in ("base", "top", "merged", "upper", "work")
    )
    for path in (base, layer, merged, upper, work):
        path.mkdir()
    unpack(
        archives.tar(
            archives.file("gone"), archives.file("kept"), archives.file("d/old"), archives.file("e/old")
        ),
        base,
    )
    unpack(archives.tar(archives.file(".wh.gone"), archives.file("d/.wh..wh..opq"), archives.file("d/new"),
                        archives.file("e/new")), layer)  # fmt: skip
    options = f"lowerdir={layer}:{base},upperdir={upper},workdir={work}"
    program = 'mount -t overlay overlay -o "$1" "$2" && cd "$2" && find . -type f | sort'
    out = subprocess.run(
        ["unshare", "-m", "sh", "-ec", program, "-", options, merged], capture_output=True, text=True
    )
    assert out.stdout.split() == ["./d/new", "./e/new", "./e/old", "./kept"], out.stderr


@pytest.mark.parametrize("cut", [1, 511, 512, 700, 1024, 1400])
def test_truncated_archive_is_corrupt(archives, unpack, cut):
    data = archives.tar(archives.file("a", b"x" * 600), format=tarfile.USTAR_FORMAT).getvalue()[:1536]
    with pytest.raises(Corrupt, match="cut short"):
        unpack(io.BytesIO(data[:cut]))


def test_archive_without_its_end_marker_is_taken_as_docker_takes_it(archives, unpack, tmp_path):
    data = archives.tar(archives.file("a", b"x" * 600), format=tarfile.USTAR_FORMAT).getvalue()[:1536]
    assert unpack(io.BytesIO(data)).entries == 1


def test_archive_of_nothing_is_corrupt(unpack):
    with pytest.raises(Corrupt, match="cut short"):
        unpack(io.BytesIO())


def test_noise_is_corrupt(unpack):
    with pytest.raises(Corrupt, match="checksum"):
        unpack(io.BytesIO(b"this is no archive" * 100))


def test_full_disk_is_told_as_such(archives, unpack, monkeypatch):
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", 13)

    monkeypatch.setattr(nodes.os, "write", full)
    with pytest.raises(NoSpace, match=r"cannot unpack x: no space left on device$"):
        unpack(archives.tar(archives.file("x", b"content")))


def test_progress_counts_bytes_and_may_stop_it(archives, root):
    def stop(count: int) -> None:
        assert count
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        apply(archives.tar(archives.file("x")), str(root), owners=False, progress=stop)


def test_error_shows_a_name_that_cannot_act_on_a_terminal(archives, unpack):
    with pytest.raises(Corrupt) as raised:
        unpack(archives.tar(archives.file("\x1b[31m\n\udce9/../x")))
    assert str(raised.value).isprintable()
