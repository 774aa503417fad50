"""Archives that try to leave their root or to exhaust the machine."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Corrupt, HostileArchive
from engine.layers.apply import Limits


def test_climbing_name_is_refused(archives, unpack, victim):
    with pytest.raises(HostileArchive, match=r"\.\./x.*could leave the layer"):
        unpack(archives.tar(archives.file("../" * 14 + "x" + str(victim) + "/new")))


def test_climbing_in_the_middle_is_refused(archives, unpack, victim):
    with pytest.raises(HostileArchive):
        unpack(archives.tar(archives.folder("a"), archives.file("a/../../victim/secret", b"x")))


def test_absolute_name_lands_in_the_root(archives, unpack, root, victim):
    unpack(archives.tar(archives.file(f"{victim}/secret", b"mine")))
    assert Path(f"{root}{victim}/secret").read_bytes() == b"mine"


def test_name_of_nul_bytes_is_refused(archives, unpack, victim):
    with pytest.raises(HostileArchive, match="NUL"):
        unpack(archives.tar(archives.file("x", pax_headers={"path": "a\0b"})))


@pytest.mark.parametrize(
    "target", ["{victim}", "../victim", "../../../../../../../../{victim}", "/proc/self/cwd"]
)
def test_writing_through_a_symlink_stays_inside(archives, unpack, root, victim, target, monkeypatch):
    monkeypatch.chdir(victim)
    tar = archives.tar(
        archives.symlink("out", target.format(victim=victim)), archives.file("out/secret", b"mine")
    )
    unpack(tar)  # what the link names is made inside the root
    assert {path.read_bytes() for path in root.rglob("secret")} == {b"mine"}


def test_writing_through_a_chain_of_symlinks_stays_inside(archives, unpack, victim):
    """The shape of CVE-2025-4517: directories so deep that a checker by string gives up."""
    long = "d" * 247
    steps = "abcdefghijklmnop"
    members, path = [], ""
    for step in steps:
        members += [archives.folder(path + long), archives.symlink(path + step, long)]
        path += long + "/"
    chain = "/".join(steps)
    members += [
        archives.symlink(f"{chain}/{'l' * 254}", "../" * len(steps)),
        archives.symlink("escape", f"{chain}/{'l' * 254}/../../../../../../..{victim}"),
        archives.file("escape/secret", b"mine"),
    ]
    with contextlib.suppress(Corrupt):
        unpack(archives.tar(*members))


@pytest.mark.parametrize("target", ["{victim}/secret", "/etc/passwd"])
def test_absolute_hard_link_does_not_reach_the_host(archives, unpack, victim, target):
    with pytest.raises(Corrupt, match="hard link"):
        unpack(archives.tar(archives.hard_link("x", target.format(victim=victim), mode=0o777)))


def test_climbing_hard_link_is_refused(archives, unpack, victim):
    with pytest.raises(HostileArchive):
        unpack(archives.tar(archives.hard_link("x", "../victim/secret")))


def test_hard_link_via_a_symlinked_directory_stays_inside(archives, unpack, victim):
    tar = archives.tar(archives.symlink("out", str(victim)), archives.hard_link("x", "out/secret"))
    with pytest.raises(Corrupt, match="hard link"):
        unpack(tar)


def test_hard_link_to_a_symlink_is_a_link_to_the_link(archives, unpack, root, victim):
    tar = archives.tar(
        archives.symlink("s", f"{victim}/secret"), archives.hard_link("x", "s", mode=0o777, mtime=5)
    )
    unpack(tar)
    assert os.readlink(root / "x") == f"{victim}/secret"
    assert os.lstat(root / "x").st_ino == os.lstat(root / "s").st_ino


def test_file_over_a_symlink_replaces_the_link(archives, unpack, root, victim):
    unpack(archives.tar(archives.symlink("s", f"{victim}/secret"), archives.file("s", b"mine", mode=0o777)))
    assert (root / "s").read_bytes() == b"mine"
    assert not (root / "s").is_symlink()


def test_directory_over_a_symlink_replaces_the_link(archives, unpack, root, victim):
    tar = archives.tar(
        archives.symlink("s", str(victim)), archives.folder("s", mode=0o700), archives.file("s/new")
    )
    unpack(tar)
    assert not (root / "s").is_symlink()
    assert (root / "s/new").exists()


def test_replacing_a_directory_by_a_symlink_redirects_what_follows_inside(archives, unpack, root, victim):
    """The parent is looked up anew: a directory opened earlier is not written to under its old name."""
    tar = archives.tar(
        archives.folder("d"),
        archives.file("d/one"),
        archives.symlink("d", str(victim)),
        archives.file("d/secret", b"mine"),
    )
    unpack(tar)
    assert Path(f"{root}{victim}/secret").read_bytes() == b"mine"


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", "d/.wh..", "d/.wh..."])
def test_whiteout_of_no_name_is_refused(archives, unpack, root, victim, name):
    with pytest.raises(HostileArchive, match="deletes a name that no file can have"):
        unpack(archives.tar(archives.folder("d"), archives.file(name)))


def test_entry_below_a_whiteout_name_is_refused(archives, unpack):
    with pytest.raises(HostileArchive, match="marks a deletion"):
        unpack(archives.tar(archives.file("a/.wh.b/c")))


@pytest.mark.parametrize("name", [".", "./", "/", "./."])
def test_root_as_a_symlink_is_refused(archives, unpack, root, victim, name):
    with pytest.raises(HostileArchive, match="must be a directory"):
        unpack(archives.tar(archives.symlink(name, str(victim))))
    assert list(root.iterdir()) == []


def test_root_as_a_hard_link_is_refused(archives, unpack, victim):
    with pytest.raises(Corrupt):
        unpack(archives.tar(archives.file("f"), archives.hard_link(".", "f")))


def test_name_twice_means_the_last(archives, unpack, root):
    unpack(archives.tar(
        archives.file("x", b"one"), archives.folder("x"), archives.folder("x/d"), archives.file("x/d/f"),
        archives.file("x", b"two"),
    ))  # fmt: skip
    assert (root / "x").read_bytes() == b"two"


def test_file_as_a_parent_is_refused(archives, unpack):
    with pytest.raises(Corrupt, match="cannot unpack a/b: not a directory"):
        unpack(archives.tar(archives.file("a"), archives.file("a/b")))


def test_symlink_going_round_is_refused(archives, unpack):
    with pytest.raises(Corrupt, match="cannot unpack a/f"):
        unpack(archives.tar(archives.symlink("a", "b"), archives.symlink("b", "a"), archives.file("a/f")))


@pytest.mark.root
def test_overlay_attributes_are_stripped_and_the_capability_kept(archives, unpack, root):
    capability = bytes.fromhex("0100000200200000000000000000000000000000").decode("latin-1")
    unpack(archives.tar(
        archives.folder("d", pax_headers={
            "SCHILY.xattr.trusted.overlay.opaque": "y",
            "SCHILY.xattr.user.overlay.opaque": "y",
            "SCHILY.xattr.trusted.overlay.redirect": "/etc",
            "SCHILY.xattr.security.selinux": "x",
            "SCHILY.xattr.user.kept": "1",
        }),
        archives.file("f", b"x", pax_headers={"SCHILY.xattr.security.capability": capability}),
    ))  # fmt: skip
    assert os.listxattr(root / "d") == ["user.kept"]
    assert os.getxattr(root / "f", "security.capability") == capability.encode("latin-1")


@pytest.mark.parametrize("field", ["uid", "gid"])
@pytest.mark.parametrize("value", [2**32 - 1, 2**32, 2**40, -1])
def test_owner_out_of_range_is_refused(archives, unpack, field, value):
    format = tarfile.GNU_FORMAT if value < 0 else tarfile.PAX_FORMAT
    with pytest.raises(HostileArchive, match="the owner"):
        unpack(archives.tar(archives.file("x", **{field: value}), format=format))


def test_name_of_5000_bytes_is_refused(archives, unpack, root):
    with pytest.raises(HostileArchive, match="longer than 4095 bytes"):
        unpack(archives.tar(archives.file("n" * 5000)))
    assert list(root.iterdir()) == []


def test_component_of_300_bytes_is_refused(archives, unpack, root):
    with pytest.raises(HostileArchive, match="file name too long"):
        unpack(archives.tar(archives.file("n" * 300)))


def test_depth_of_3000_is_refused(archives, unpack, root):
    with pytest.raises(HostileArchive, match="longer than 4095 bytes"):
        unpack(archives.tar(archives.file("d/" * 3000 + "x")))
    assert list(root.iterdir()) == []


def test_depth_of_2000_is_unpacked_and_replaced_again(archives, unpack, root):
    unpack(archives.tar(archives.file("d/" * 2000 + "x"), archives.file("d", b"end")))
    assert (root / "d").read_bytes() == b"end"


def test_more_entries_than_the_limit_are_refused(archives, unpack):
    tar = archives.tar(*(archives.file(str(number)) for number in range(11)))
    with pytest.raises(HostileArchive, match="more than 10 entries"):
        unpack(tar, limits=Limits(entries=10))


def test_more_bytes_than_the_limit_are_refused(archives, unpack):
    with pytest.raises(HostileArchive, match="exceed 1000000 bytes"):
        unpack(archives.tar(archives.file("x", bytes(1_000_001))), limits=Limits(size=1_000_000))


def test_endless_padding_is_refused(archives, unpack):
    tar = io.BytesIO(archives.tar(archives.file("x")).getvalue() + bytes(3_000_000))
    with pytest.raises(HostileArchive, match="larger than the limit"):
        unpack(tar, limits=Limits(size=1_000_000))


def test_sparse_bomb_is_refused(archives, unpack, root):
    header = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "big",
        "GNU.sparse.realsize": str(1 << 60),
    }
    with pytest.raises(HostileArchive, match="cannot unpack big: the archive's files exceed"):
        unpack(archives.tar(archives.file("x", b"0\n".ljust(512, b"\0"), pax_headers=header)))
    assert list(root.iterdir()) == []


def test_extended_header_beyond_a_mebibyte_is_refused(archives, unpack):
    with pytest.raises(HostileArchive, match="the most is 1048576"):
        unpack(archives.tar(archives.file("x", pax_headers={"comment": "c" * (1 << 20)})))


def test_long_name_beyond_a_mebibyte_is_refused(archives, unpack):
    with pytest.raises(HostileArchive, match="the most is 1048576"):
        unpack(archives.tar(archives.file("n" * (1 << 20) + "n"), format=tarfile.GNU_FORMAT))


BOMBS = {
    "gzip": """import gzip; data = gzip.compress(bytes(64 << 20), 9) * 16""",
    "zstd": """import zstandard; data = zstandard.compress(bytes(64 << 20), 19) * 16""",
    "bzip2": """import bz2; data = bz2.compress(bytes(16 << 20)) * 64""",
    "xz": """import lzma; data = lzma.compress(bytes(64 << 20), preset=1) * 16""",
    "pax": """
import gzip, tarfile
info = tarfile.TarInfo('x'); info.type = tarfile.XHDTYPE; info.size = 1 << 30
data = gzip.compress(info.tobuf() + bytes(64 << 20))""",
    "globals": """
import gzip, tarfile
def header(number):
    body = b'%d' % number + b'=' + b'v' * 900_000 + b'\\n'
    body = b'%d ' % (len(body) + 7) + body
    info = tarfile.TarInfo('x'); info.type = b'g'; info.size = len(body)
    return info.tobuf() + body + bytes(-len(body) % 512)
data = gzip.compress(b''.join(header(number) for number in range(100, 400)))""",
    "entries": """
import gzip, tarfile
info = tarfile.TarInfo('d'); info.type = tarfile.DIRTYPE
data = gzip.compress(info.tobuf() * 20_000)""",
}
RUN = """
import io, os, resource, sys
{make}
sys.path.insert(0, {here!r})
from engine.errors import Corrupt
from engine.layers.apply import Limits, apply
from engine.layers.compression import decompressed
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
open('/proc/self/clear_refs', 'w').write('5')
try:
    tar, limits = decompressed(io.BytesIO(data)), Limits(entries=10_000, size=512 << 20)
    apply(tar, {root!r}, owners=False, limits=limits)
except Corrupt as error:
    print(type(error).__name__)
peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))
print(int(peak.split()[1]))
"""


@pytest.mark.parametrize("kind", sorted(BOMBS))
def test_bomb_is_refused_in_little_memory(kind, root):
    here = str(Path(__file__).resolve().parents[3])
    program = RUN.format(make=BOMBS[kind], here=here, root=str(root))
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    kind_of_error, peak = out.split()
    assert kind_of_error in ("HostileArchive", "Corrupt")
    assert int(peak) < 200 << 10


names = st.lists(
    st.sampled_from(b".. . a b l .wh.a .wh.. .wh..wh..opq \xff victim ".split(b" ")),
    min_size=1, max_size=5,
).map(b"/".join)  # fmt: skip
kinds = st.sampled_from(
    [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE]
)


@given(st.lists(st.tuples(kinds, names, names), max_size=8))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_names_only_the_root_is_written(archives, unpack, tmp_path_factory, entries):
    place = tmp_path_factory.mktemp("place")
    victim, inside = place / "victim", place / "layer"
    victim.mkdir()
    inside.mkdir()
    (victim / "a").write_text("untouched")
    os.utime(victim, (1, 1))
    members = [
        archives.member(os.fsdecode(name), kind, linkname=os.fsdecode(link)) for kind, name, link in entries
    ]
    with contextlib.suppress(Corrupt):
        unpack(archives.tar(*members), inside)
    assert sorted(os.listdir(place)) == ["layer", "victim"]
    assert os.listdir(victim) == ["a"]
    assert (victim / "a").read_text() == "untouched"
    assert os.stat(victim).st_mtime == 1


def test_no_descriptor_is_left_open(archives, unpack, root):
    before = len(os.listdir("/proc/self/fd"))
    tar = archives.tar(*(archives.file(f"d{number}/f") for number in range(300)), archives.file("../x"))
    with pytest.raises(HostileArchive):
        unpack(tar)
    assert len(os.listdir("/proc/self/fd")) == before
